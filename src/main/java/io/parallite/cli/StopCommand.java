package io.parallite.cli;

import io.parallite.units.Durations;
import io.parallite.units.HumanUnits;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code parallite stop}: stops the daemon in good order. */
@Command(
        name = "stop",
        header = "Stop the daemon once running tasks are done.",
        description = {
            "As SIGTERM does: waiting tasks are answered SHUTTING_DOWN, running ones get"
                    + " shutdown_grace_ms to finish, then ABORTED. Returns as soon as the daemon has taken note; with"
                    + " --wait when it has ended."
        },
        footer = {
            "  parallite stop --wait",
            "  parallite stop --wait=30s && parallite --fixed-workers 8 &",
            "",
            "Exit codes: 0 it stops, with --wait: it has ended; 1 it has not ended in time;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class StopCommand extends DaemonCommand {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            arity = "0..1",
            fallbackValue = "60s",
            description = "Wait until it has ended, at most for TIME (60s).")
    private @Nullable String wait;

    @Override
    int run() throws DaemonException {
        Optional<Duration> limit = limit();
        try (DaemonConnection daemon = connect()) {
            long pid = daemon.call("ping").node().at("pid").whole();
            Answer answer = daemon.call("stop");
            if (!answer.isOk()) {
                return refused(answer);
            }
            if (wantsJson()) {
                out().println(answer.raw());
            } else {
                out().printf("the daemon stops, pid %d%n", pid);
            }
            out().flush();
            return limit.isEmpty() || hasEnded(pid, limit.get())
                    ? ExitCode.OK
                    : reportStillRunning(pid, limit.get());
        }
    }

    private Optional<Duration> limit() {
        try {
            return Optional.ofNullable(wait).map(Durations::parse);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec().commandLine(), "--wait: " + e.getMessage(), e);
        }
    }

    /** Whether the process has ended; in another container, whether its socket is closed. */
    private boolean hasEnded(long pid, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean visible = ProcessHandle.of(pid).isPresent();
        while (visible ? ProcessHandle.of(pid).isPresent() : answers()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            try {
                Thread.sleep(LOOK_AGAIN);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    private boolean answers() {
        try (DaemonConnection daemon = connect()) {
            return daemon.call("ping").isOk();
        } catch (DaemonException e) {
            return false;
        }
    }

    private int reportStillRunning(long pid, Duration limit) {
        err().printf(
                        "parallite: the daemon, pid %d, has not ended within %s; it waits for running tasks (shutdown_grace_ms)%n",
                        pid, HumanUnits.age(limit));
        return ExitCode.FAILED;
    }
}
