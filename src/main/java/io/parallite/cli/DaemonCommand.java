package io.parallite.cli;

import io.parallite.config.ConfigException;
import io.parallite.config.DaemonAddress;
import io.parallite.units.Durations;
import io.parallite.units.HumanUnits;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A command that connects to a running daemon: finds it, prints its reply for people or for
 * programs, and reports the outcome by its exit code.
 */
abstract class DaemonCommand implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--socket",
            paramLabel = "ADDRESS",
            order = 90,
            description =
                    "The daemon's socket, a path or host:port (PARALLITE_SOCKET, else what"
                            + " parallite.json here or above says, else /tmp/parallite.sock).")
    private @Nullable String socket;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            order = 91,
            description = "The file to look into instead of parallite.json.")
    private @Nullable Path config;

    @Option(names = "--json", order = 92, description = "Print JSON, one value a line.")
    private boolean json;

    @Override
    public final Integer call() {
        try {
            return run();
        } catch (DaemonException e) {
            return refusal()
                    .print(ExitCode.UNAVAILABLE, "UNAVAILABLE", String.valueOf(e.getMessage()));
        } catch (ConfigException e) {
            return refusal().print(ExitCode.CONFIG, "CONFIG", String.valueOf(e.getMessage()));
        } finally {
            out().flush();
        }
    }

    /** Does the work and gives the exit code. */
    abstract int run() throws DaemonException;

    DaemonAddress address() {
        return DaemonAddress.find(socket, config, System.getenv(), Path.of("").toAbsolutePath());
    }

    DaemonConnection connect() throws DaemonException {
        return DaemonConnection.open(address(), PATIENCE);
    }

    /** Sends one request on a connection of its own and reads the answer. */
    Answer ask(String type, Map<String, ?> fields) throws DaemonException {
        try (DaemonConnection daemon = connect()) {
            return daemon.call(type, fields);
        }
    }

    boolean wantsJson() {
        return json;
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    PrintWriter err() {
        return spec.commandLine().getErr();
    }

    CommandSpec spec() {
        return spec;
    }

    /** Prints {@code done}, or why the daemon refused; the exit code of that. */
    int report(Answer answer, String done) {
        if (!answer.isOk()) {
            return refused(answer);
        }
        out().println(json ? answer.raw() : done);
        return ExitCode.OK;
    }

    /**
     * The value of an option that limits a wait.
     *
     * @throws ParameterException when it is no time
     */
    Optional<Duration> limit(String option, @Nullable String value) {
        try {
            return Optional.ofNullable(value).map(Durations::parse);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), option + ": " + e.getMessage(), e);
        }
    }

    /** Prints that {@code what} is not over after {@code limit}; the exit code of that. */
    int late(String what, Duration limit) {
        return refusal()
                .print(
                        ExitCode.FAILED,
                        "TIMEOUT",
                        "the %s has not ended within %s and goes on"
                                .formatted(what, HumanUnits.age(limit)));
    }

    /** Prints why the daemon refused; the exit code of that. */
    int refused(Answer answer) {
        return refusal().by(answer);
    }

    private Refusal refusal() {
        return new Refusal(spec, json);
    }
}
