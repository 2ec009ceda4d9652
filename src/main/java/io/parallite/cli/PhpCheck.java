package io.parallite.cli;

import io.parallite.config.Origin;
import io.parallite.config.Platform;
import io.parallite.config.Setting;
import io.parallite.config.SettingValue;
import io.parallite.units.Texts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** PHP as a worker would find it: version, extensions, closure libraries, and whether one boots. */
final class PhpCheck {

    private static final int OLDEST = 80_200;

    private final Map<Setting, SettingValue> settings;
    private final Path home;
    private final List<Finding> findings = new ArrayList<>();
    private long memoryLimit;
    private long bootedMemory;

    /**
     * A check.
     *
     * @param home where the distribution is
     */
    PhpCheck(Map<Setting, SettingValue> settings, Path home) {
        this.settings = settings;
        this.home = home;
    }

    /** PHP's {@code memory_limit} in bytes; 0 before a look, and when there is no limit. */
    long memoryLimit() {
        return memoryLimit;
    }

    /** What a worker takes when it has booted, in bytes; 0 when that is not known. */
    long bootedMemory() {
        return bootedMemory;
    }

    List<Finding> look() {
        String php = text(Setting.PHP_BINARY);
        if (!Platform.isRunnable(php)) {
            return List.of(
                    Finding.fail(
                            "php",
                            php + " is not on the PATH",
                            "install PHP's command line (php-cli), or set php_binary to its path"));
        }
        List<String> command = new ArrayList<>(List.of(php));
        command.addAll(values(Setting.PHP_OPTIONS));
        command.add(home.resolve("php/parallite-doctor.php").toString());
        Shell.Outcome outcome = WorkerLike.run(command, sharesCode(), environment());
        Optional<Node> report = report(outcome);
        if (report.isPresent()) {
            judge(report.get());
        } else {
            findings.add(
                    Finding.fail(
                            "php",
                            php + " does not run: " + outcome.lastLine(),
                            "PHP 8.2 or newer is needed; run `" + String.join(" ", command) + "`"));
        }
        return findings;
    }

    /** Whether the daemon gives its workers a cache of compiled code: the bundled one's socket. */
    private boolean sharesCode() {
        String transport = text(Setting.WORKER_TRANSPORT);
        boolean isBundled = values(Setting.WORKER_SCRIPT).isEmpty();
        return transport.equals("socket") || (isBundled && !transport.equals("stdio"));
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        List<String> includes = values(Setting.PHP_INCLUDES);
        if (!includes.isEmpty()) {
            List<String> paths =
                    includes.stream()
                            .map(path -> resolved(Setting.PHP_INCLUDES, path))
                            .filter(this::exists)
                            .toList();
            environment.put("PARALLITE_PHP_INCLUDES", Json.line(paths));
        }
        values(Setting.BOOTSTRAP).stream()
                .findFirst()
                .ifPresent(
                        file ->
                                environment.put(
                                        "PARALLITE_WORKER_BOOTSTRAP",
                                        resolved(Setting.BOOTSTRAP, file)));
        return environment;
    }

    private boolean exists(String include) {
        boolean exists = Files.exists(Path.of(include));
        if (!exists) {
            findings.add(
                    Finding.warn(
                            "php_includes",
                            include + " does not exist, and is left out",
                            "correct or remove it"));
        }
        return exists;
    }

    /** Relative to the file with the setting, as in the daemon. */
    private String resolved(Setting setting, String path) {
        SettingValue value = settings.get(setting);
        Path base =
                value != null && value.origin().kind() == Origin.Kind.FILE
                        ? Path.of(value.origin().name()).resolveSibling("")
                        : Path.of("").toAbsolutePath();
        return base.resolve(path).normalize().toString();
    }

    private static Optional<Node> report(Shell.Outcome outcome) {
        try {
            String line = outcome.lastLine();
            return outcome.exitCode() >= 0 && line.startsWith("{")
                    ? Optional.of(Json.read(line.getBytes(StandardCharsets.UTF_8)))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void judge(Node php) {
        judgeVersion(php);
        Set<String> extensions =
                php.at("extensions").elements().stream()
                        .flatMap(name -> name.text().stream())
                        .collect(Collectors.toSet());
        judgeExtensions(extensions);
        judgeClosures(php);
        judgeSpeed(php);
        judgeBoot(php);
        judgeFork(php);
        bootedMemory = php.at("resident_bytes").whole();
        memoryLimit = bytes(php.at("memory_limit").text().orElse(""));
    }

    private void judgeVersion(Node php) {
        String version = php.at("version").text().orElse("");
        String text = "%s at %s".formatted(version, php.at("binary").text().orElse(""));
        findings.add(
                php.at("version_id").whole() >= OLDEST
                        ? Finding.ok("php", text)
                        : Finding.fail("php", text, "install PHP 8.2 or newer"));
    }

    private void judgeExtensions(Set<String> extensions) {
        extension(
                extensions,
                "msgpack",
                "clients that speak MessagePack are refused, and JSON carries no binary strings",
                "install php-msgpack");
        extension(
                extensions,
                "pcntl",
                "slow tasks cannot show where they are (slow_task_ms)",
                "use a PHP with pcntl; Debian's php-cli has it");
        if (extensions.contains("igbinary")) {
            findings.add(
                    Finding.ok(
                            "igbinary",
                            "is loaded, and not used: values travel in PHP's own format, JSON or MessagePack"));
        }
        extension(extensions, "posix", "", "use a PHP with posix; Debian's php-cli has it");
        if (extensions.contains("grpc") || extensions.contains("parallel")) {
            findings.add(
                    Finding.warn(
                            "extensions",
                            "grpc or parallel is loaded, which start threads in every worker",
                            "load them only where they are needed (php_options, -d extension=)"));
        }
    }

    private void extension(Set<String> loaded, String name, String lack, String advice) {
        if (loaded.contains(name)) {
            findings.add(Finding.ok(name, "is loaded"));
        } else {
            String text = lack.isEmpty() ? "is not loaded" : "is not loaded: " + lack;
            findings.add(Finding.warn(name, text, advice));
        }
    }

    private void judgeClosures(Node php) {
        List<String> libraries =
                php.at("closures").elements().stream()
                        .flatMap(name -> name.text().stream())
                        .toList();
        findings.add(
                Finding.ok(
                        "closures",
                        libraries.isEmpty()
                                ? "of the PHP client; those of laravel/serializable-closure and opis/closure need"
                                        + " that library, which is not found from here"
                                : "of the PHP client, and of " + String.join(", ", libraries)));
    }

    private void judgeSpeed(Node php) {
        String xdebug = php.at("xdebug_mode").text().orElse("");
        if (!xdebug.isEmpty() && !xdebug.equals("off")) {
            findings.add(
                    Finding.warn(
                            "xdebug",
                            "is loaded with mode "
                                    + xdebug
                                    + ": everything takes several times as long",
                            "set php_options to [\"-d\", \"xdebug.mode=off\"]"));
        }
        findings.add(opcache(php));
        if (php.at("jit").isTrue()) {
            findings.add(
                    Finding.warn(
                            "jit",
                            "is on: it takes memory in every worker, and has had crashes in long-lived ones",
                            "measure your tasks with opcache.jit=off too (php_options)"));
        }
    }

    private static Finding opcache(Node php) {
        if (!php.at("opcache_loaded").isTrue()) {
            return Finding.warn(
                    "opcache",
                    "is not loaded: each worker compiles all of its code when it boots",
                    "install or load opcache (Debian: php-opcache)");
        }
        if (!php.at("opcache").isTrue()) {
            return Finding.ok(
                    "opcache", "is off for workers, as php_options or worker_transport have it");
        }
        return php.at("opcache_file_cache_only").isTrue()
                ? Finding.ok("opcache", "workers share compiled code in its file cache")
                : Finding.warn(
                        "opcache",
                        "is on for workers without a file cache: each compiles into memory of its own, which makes boot slower",
                        "leave opcache out of php_options, or set opcache.file_cache and opcache.file_cache_only=1");
    }

    private void judgeBoot(Node php) {
        Optional<String> error = php.at("boot_error").text();
        String autoloader = php.at("project_autoloader").text().orElse("");
        if (error.isPresent()) {
            findings.add(
                    Finding.fail(
                            "boot",
                            "a worker does not boot here: " + Texts.printable(error.get()),
                            "mend what php_includes, bootstrap or vendor/autoload.php load"));
        } else if (autoloader.isEmpty()) {
            findings.add(
                    Finding.warn(
                            "boot",
                            "a worker boots, but finds no vendor/autoload.php from here upwards",
                            "start the daemon in the project's directory, or name its autoloader in php_includes"));
        } else {
            findings.add(Finding.ok("boot", "a worker boots with " + autoloader));
        }
    }

    /** Nothing where a worker does not boot: what would be forked is not known then. */
    private void judgeFork(Node php) {
        if (php.at("boot_error").text().isPresent()) {
            return;
        }
        String start = text(Setting.WORKER_START);
        boolean isWanted = !start.equals("exec");
        Optional<String> objection = php.at("fork_objection").text();
        if (objection.isEmpty()) {
            findings.add(
                    Finding.ok(
                            "fork",
                            isWanted
                                    ? "workers are forked from one that has booted"
                                    : "workers could be forked from one that has booted (worker_start=auto)"));
            judgeOpenFiles(php);
        } else if (start.equals("fork")) {
            findings.add(
                    Finding.warn(
                            "fork",
                            "workers are started, each with a boot of its own: "
                                    + Texts.printable(objection.get()),
                            "mend that, or set worker_start to exec"));
        } else {
            findings.add(
                    Finding.ok(
                            "fork",
                            "workers are started, each with a boot of its own, and could not be forked: "
                                    + Texts.printable(objection.get())));
        }
        if (text(Setting.ISOLATION).equals("task") && !(isWanted && objection.isEmpty())) {
            findings.add(
                    Finding.warn(
                            "isolation",
                            "every task has a process of its own, which boots for it",
                            isWanted
                                    ? "mend what keeps them from being forked: a fork takes a fraction of the time"
                                    : "set worker_start to auto: a fork takes a fraction of the time"));
        }
    }

    private void judgeOpenFiles(Node php) {
        List<String> open =
                php.at("open").elements().stream()
                        .flatMap(file -> file.text().stream())
                        .map(Texts::printable)
                        .toList();
        if (!open.isEmpty() && !text(Setting.WORKER_START).equals("exec")) {
            findings.add(
                    Finding.warn(
                            "fork",
                            "forks share what bootstrap or php_includes leave open: "
                                    + String.join(", ", open),
                            "close it there, or open it anew in Hooks::afterFork()"));
        }
    }

    /** PHP's shorthand: {@code 128M}, {@code 1G}; 0 for none. */
    static long bytes(String shorthand) {
        if (!shorthand.matches("\\d{1,15}[kKmMgG]?")) {
            return 0;
        }
        String digits = shorthand.replaceAll("\\D", "");
        return switch (Character.toLowerCase(shorthand.charAt(shorthand.length() - 1))) {
            case 'k' -> Long.parseLong(digits) << 10;
            case 'm' -> Long.parseLong(digits) << 20;
            case 'g' -> Long.parseLong(digits) << 30;
            default -> Long.parseLong(digits);
        };
    }

    private String text(Setting setting) {
        return String.join(",", values(setting));
    }

    private List<String> values(Setting setting) {
        SettingValue value = settings.get(setting);
        return value == null ? List.of() : value.values();
    }
}
