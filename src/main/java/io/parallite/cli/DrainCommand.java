package io.parallite.cli;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code parallite drain}: finishes all tasks. */
@Command(
        name = "drain",
        header = "Finish all tasks, take no more, and say when none is left.",
        description = {
            "Tasks that are submitted meanwhile are refused (SHUTTING_DOWN), and the daemon is not ready for"
                    + " load balancers; those that wait or run are finished. The daemon goes on: stop it, or take tasks"
                    + " again by `parallite resume`, also from elsewhere."
        },
        footer = {
            "  parallite drain --timeout 5m && parallite stop",
            "",
            "Exit codes: 0 no task is left; 1 some were not done in time, the drain goes on;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class DrainCommand extends DaemonCommand {

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "How long to wait: 30s, 5m (for as long as it takes).")
    private @Nullable String timeout;

    @Override
    int run() throws DaemonException {
        Optional<Duration> limit = limit("--timeout", timeout);
        try (DaemonConnection daemon = connect()) {
            daemon.send(Map.of("type", "control", "action", "drain"));
            Optional<Answer> answer = daemon.receiveWithin(limit);
            return answer.isPresent()
                    ? report(answer.get(), "no task is left, and none is taken")
                    : late("drain", limit.orElseThrow());
        }
    }
}
