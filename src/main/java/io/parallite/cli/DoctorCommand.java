package io.parallite.cli;

import io.parallite.cli.Finding.Level;
import io.parallite.config.ConfigException;
import io.parallite.config.DaemonAddress;
import io.parallite.config.LaunchSettings;
import io.parallite.config.Origin;
import io.parallite.config.Setting;
import io.parallite.config.SettingValue;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code parallite doctor}: looks for what keeps a daemon from running well here. */
@Command(
        name = "doctor",
        header = "Look for what keeps a daemon from running well here.",
        description = {
            "Run it in the project's directory, as the daemon's user: it looks at configuration, PHP"
                    + " and its extensions, closure libraries, socket, limits, Java, left-over files,"
                    + " the Redis of a cluster, the receiver of spans and the running daemon, and says what to do about each. It changes nothing."
        },
        footer = {
            "  cd /srv/shop && parallite doctor",
            "  parallite doctor --json | jq -r 'select(.level != \"ok\") | .advice'",
            "",
            "Exit codes: 0 a daemon would run; 1 it would not; 64 bad arguments."
        })
public final class DoctorCommand implements Callable<Integer> {

    private static final int WIDEST_TOPIC = 13;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The file to read (parallite.json in the current directory).")
    private @Nullable Path config;

    @Option(
            names = "--socket",
            paramLabel = "ADDRESS",
            description = "The daemon's socket, a path or host:port (what is configured).")
    private @Nullable String socket;

    @Option(names = "--json", description = "Print JSON, one finding a line.")
    private boolean json;

    @Override
    public Integer call() {
        List<Finding> findings = new ArrayList<>();
        LaunchSettings settings =
                LaunchSettings.inspect(config, RehearseStartCommand.flags(socket));
        lookAtConfiguration(settings, findings);
        Map<Setting, SettingValue> values = new EnumMap<>(Setting.class);
        settings.effective().forEach(value -> values.put(value.setting(), value));
        Path home = StartRehearsal.home();
        PhpCheck php = new PhpCheck(values, home);
        findings.addAll(php.look());
        if (settings.problems().isEmpty()) {
            settings.effectiveInPools()
                    .forEach((name, own) -> lookAtPool(name, new PhpCheck(own, home), findings));
        }
        boolean isValid = settings.problems().isEmpty();
        SystemCheck.Workers workers =
                new SystemCheck.Workers(
                        isValid ? settings.fixedWorkersOfAll() : settings.fixedWorkers(),
                        number(values, Setting.MAX_WORKERS) + (isValid ? mostInPools(settings) : 0),
                        php.memoryLimit(),
                        number(values, Setting.WORKER_MAX_MEMORY_MB) << 20,
                        php.bootedMemory());
        findings.addAll(new SystemCheck(workers, Path.of("/")).look());
        findings.addAll(new JavaCheck(home).look());
        SocketCheck socketCheck = lookAtSocket(findings);
        boolean isServed = socketCheck != null && socketCheck.isServed();
        List<Map<Setting, SettingValue>> all = new ArrayList<>(List.of(values));
        if (isValid) {
            all.addAll(settings.effectiveInPools().values());
        }
        long daemon = socketCheck == null ? 0 : socketCheck.pid();
        findings.addAll(new CgroupCheck(Path.of("/"), daemon).look(all));
        if (settings.problems().isEmpty()) {
            rehearse(new StartRehearsal(settings, config, socket), isServed, findings);
        }
        print(findings);
        boolean fails = findings.stream().anyMatch(finding -> finding.level() == Level.FAIL);
        return fails ? ExitCode.FAILED : ExitCode.OK;
    }

    private static long mostInPools(LaunchSettings settings) {
        return settings.effectiveInPools().values().stream()
                .mapToLong(own -> number(own, Setting.MAX_WORKERS))
                .sum();
    }

    /**
     * Adds the findings of a pool that differ from those of the top level, or that there are none.
     */
    private static void lookAtPool(String name, PhpCheck check, List<Finding> findings) {
        String pool = "pool " + name;
        List<Finding> problems =
                check.look().stream()
                        .filter(finding -> finding.level() != Level.OK)
                        .filter(finding -> !findings.contains(finding))
                        .toList();
        problems.forEach(finding -> findings.add(finding.in(pool)));
        if (problems.isEmpty()) {
            findings.add(Finding.ok(pool, "its workers start"));
        }
    }

    private static long number(Map<Setting, SettingValue> values, Setting setting) {
        return Long.parseLong(Objects.requireNonNull(values.get(setting)).text().strip());
    }

    private static void lookAtConfiguration(LaunchSettings settings, List<Finding> findings) {
        for (String problem : settings.problems()) {
            findings.add(Finding.fail("configuration", problem, "correct it; `parallite config`"));
        }
        for (String warning : settings.warnings()) {
            findings.add(Finding.warn("configuration", warning, "correct or remove it"));
        }
        if (settings.problems().isEmpty()) {
            String text =
                    settings.effective().stream()
                            .map(SettingValue::origin)
                            .filter(origin -> origin.kind() == Origin.Kind.FILE)
                            .findFirst()
                            .map(origin -> origin.name() + " is valid")
                            .orElse("valid; no parallite.json here sets anything");
            findings.add(Finding.ok("configuration", text));
        }
    }

    /** Findings that other checks have reported already are left out. */
    private static void rehearse(StartRehearsal start, boolean isServed, List<Finding> findings) {
        List<String> known = findings.stream().map(Finding::text).toList();
        start.look(isServed).stream()
                .filter(finding -> !known.contains(finding.text()))
                .forEach(findings::add);
    }

    /** What was found; {@code null} when there is no address. */
    private @Nullable SocketCheck lookAtSocket(List<Finding> findings) {
        try {
            DaemonAddress address =
                    DaemonAddress.find(
                            socket, config, System.getenv(), Path.of("").toAbsolutePath());
            String version = spec.version().length == 0 ? "" : spec.version()[0];
            String own = version.substring(version.lastIndexOf(' ') + 1);
            SocketCheck check = new SocketCheck(address, own);
            findings.addAll(check.look());
            return check;
        } catch (ConfigException e) {
            findings.add(Finding.fail("socket", String.valueOf(e.getMessage()), "correct it"));
            return null;
        }
    }

    private void print(List<Finding> findings) {
        PrintWriter out = spec.commandLine().getOut();
        for (Finding finding : findings) {
            if (json) {
                out.println(Json.line(finding.tree()));
                continue;
            }
            out.printf(
                    "%-5s %-" + WIDEST_TOPIC + "s %s%n",
                    finding.level().word(),
                    finding.topic(),
                    finding.text());
            if (!finding.advice().isEmpty()) {
                out.printf("%" + (WIDEST_TOPIC + 6) + "s -> %s%n", "", finding.advice());
            }
        }
        out.flush();
    }
}
