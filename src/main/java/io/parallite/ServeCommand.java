package io.parallite;

import io.parallite.cli.ExitCode;
import io.parallite.cli.SettingFlags;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code parallite}: checks the configuration and serves until it is stopped. */
@Command(
        name = "parallite",
        mixinStandardHelpOptions = true,
        versionProvider = Main.VersionProvider.class,
        sortOptions = false,
        synopsisHeading = "Usage: ",
        header = "Runs PHP closures in parallel, in a pool of PHP worker processes.",
        description = {
            "",
            "Without a command it serves: PHP programs connect to its socket, and it runs what they"
                    + " send. Everything can be set by a flag, by an environment variable"
                    + " (PARALLITE_FIXED_WORKERS), or in parallite.json (\"fixed_workers\"); the first of"
                    + " these that is set counts. `parallite config` shows all settings, each with"
                    + " its value and where it comes from; those not listed here have a flag too.",
            ""
        },
        exitCodeOnInvalidInput = ExitCode.USAGE,
        footer = {
            "",
            "Signals: TERM and INT stop it once running tasks are done (shutdown_grace_ms); a second one"
                    + " at once. HUP replaces the workers by new ones without losing a task.",
            "Exit codes: 0 stopped; 1 a task failed and --fail-mode is stop_all; 64 bad arguments;"
                    + " 69 the socket is taken; 78 bad configuration.",
            "",
            "Examples:",
            "  parallite --fixed-workers 4",
            "  parallite --config /etc/parallite.json --socket /run/parallite/parallite.sock",
            "  parallite status",
            "  parallite submit -- ls -l",
        })
final class ServeCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Option(
            names = ServeFlags.CONFIG,
            paramLabel = "FILE",
            description = "Configuration file (parallite.json in the current directory).")
    @Nullable Path config;

    @Override
    public Integer call() {
        return new ServeFlags(Optional.ofNullable(config), SettingFlags.in(spec)).serve();
    }
}
