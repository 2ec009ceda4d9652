package io.parallite;

import io.parallite.config.ConfigException;
import io.parallite.config.LaunchSettings;
import io.parallite.config.Setting;
import io.quarkus.runtime.Quarkus;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code parallite}: checks the configuration and serves until it is told to stop. */
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
                    + " these that is set counts.",
            ""
        },
        footer = {
            "",
            "Signals: TERM and INT stop it once running tasks are done (shutdown_grace_ms); a second one"
                    + " at once.",
            "Exit codes: 0 stopped; 1 a task failed and --fail-mode is stop_all; 2 bad arguments;"
                    + " 69 the socket is taken; 78 bad configuration.",
            "",
            "Examples:",
            "  parallite --fixed-workers 4",
            "  parallite --config /etc/parallite.json --socket /run/parallite/parallite.sock",
            "  parallite bench --connections 8 --duration 10s",
        })
final class ServeCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Configuration file (parallite.json in the current directory).")
    @Nullable Path config;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "Path of the socket, or host:port on loopback (/tmp/parallite.sock).")
    @Nullable String socket;

    @Option(
            names = "--fixed-workers",
            paramLabel = "N",
            description = "Persistent workers (1); 0: on demand only.")
    @Nullable String fixedWorkers;

    @Option(
            names = "--max-workers",
            paramLabel = "N",
            description = "Most workers at a time, persistent ones included (32).")
    @Nullable String maxWorkers;

    @Option(
            names = "--prefix-name",
            paramLabel = "NAME",
            description = "What worker names begin with (work).")
    @Nullable String prefixName;

    @Option(
            names = "--timeout-ms",
            paramLabel = "MS",
            description = "How long a task may run (60000).")
    @Nullable String timeoutMs;

    @Option(
            names = "--fail-mode",
            paramLabel = "MODE",
            description =
                    "continue, or stop_all: the first failed task stops the daemon (continue).")
    @Nullable String failMode;

    @Option(
            names = "--max-payload-bytes",
            paramLabel = "BYTES",
            description = "Longest request and longest reply (10485760).")
    @Nullable String maxPayloadBytes;

    @Option(
            names = "--worker-script",
            paramLabel = "FILE",
            description = "Worker script to run in place of the bundled one.")
    @Nullable String workerScript;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "Port for health checks, /q/health (none).")
    @Nullable String httpPort;

    @Option(names = "--debug", description = "Log every task.")
    boolean debug;

    @Override
    public Integer call() {
        try {
            LaunchSettings.check(config, flags()).apply();
        } catch (ConfigException e) {
            spec.commandLine().getErr().println("parallite: " + e.getMessage());
            return ExitCode.CONFIG;
        }
        Quarkus.run(Daemon.class);
        return ExitCode.OK;
    }

    private Map<Setting, String> flags() {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        put(flags, Setting.SOCKET, socket);
        put(flags, Setting.FIXED_WORKERS, fixedWorkers);
        put(flags, Setting.MAX_WORKERS, maxWorkers);
        put(flags, Setting.PREFIX_NAME, prefixName);
        put(flags, Setting.TIMEOUT_MS, timeoutMs);
        put(flags, Setting.FAIL_MODE, failMode);
        put(flags, Setting.MAX_PAYLOAD_BYTES, maxPayloadBytes);
        put(flags, Setting.WORKER_SCRIPT, workerScript);
        put(flags, Setting.HTTP_PORT, httpPort);
        if (debug) {
            flags.put(Setting.DEBUG_LOGS, "true");
        }
        return flags;
    }

    private static void put(Map<Setting, String> flags, Setting setting, @Nullable String value) {
        if (value != null) {
            flags.put(setting, value);
        }
    }
}
