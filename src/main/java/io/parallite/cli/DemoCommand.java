package io.parallite.cli;

import io.parallite.config.Platform;
import io.parallite.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code parallite demo}: the tour of {@code php/examples/demo.php}, through a daemon of its own.
 */
@Command(
        name = "demo",
        header = "Show what Parallite does, with a daemon of its own.",
        description = {
            "Starts a daemon on a private socket, runs closures of several kinds through it, some of"
                    + " which fail as they should, and stops it. Needs PHP's command line and nothing"
                    + " else; no parallite.json is read and nothing is left behind."
        },
        footer = {
            "  parallite demo",
            "  parallite demo --php /usr/bin/php8.4",
            "",
            "Exit codes: 0 all came out as it should; 1 some did not; 64 bad arguments; 69 the daemon"
                    + " did not start; 74 its output is lost; 78 no PHP."
        })
public final class DemoCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--php", paramLabel = "FILE", description = "The PHP to use (php on the PATH).")
    private @Nullable String php;

    @Override
    public Integer call() throws InterruptedException {
        Path home = Path.of(System.getProperty("parallite.home", "")).toAbsolutePath();
        Path tour = home.resolve("php/examples/demo.php");
        if (!Files.isRegularFile(tour)) {
            return fail(ExitCode.CONFIG, tour + " is missing; run the demo of a distribution");
        }
        if (!Platform.isRunnable(php())) {
            return fail(
                    ExitCode.CONFIG,
                    php()
                            + " cannot be run; install PHP's command line (php-cli), or name it with --php");
        }
        try (OwnDaemon daemon = OwnDaemon.start(home, php())) {
            return new ProcessBuilder(php(), tour.toString(), "--socket", daemon.socket())
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (DaemonException e) {
            return fail(ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return fail(ExitCode.CONFIG, "cannot run %s: %s".formatted(php(), e.getMessage()));
        }
    }

    private String php() {
        String variable = System.getenv(Setting.PHP_BINARY.variable());
        return php != null ? php : variable != null && !variable.isBlank() ? variable : "php";
    }

    private int fail(int exitCode, String message) {
        spec.commandLine().getErr().println("parallite: " + message);
        return exitCode;
    }
}
