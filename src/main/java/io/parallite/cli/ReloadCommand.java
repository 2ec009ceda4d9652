package io.parallite.cli;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code parallite reload}: has the workers replaced, one after the other. */
@Command(
        name = "reload",
        header = "Replace the workers, so that they load changed code.",
        description = {
            "Loses no task: first one new worker must boot, from paths and symbolic links resolved"
                    + " anew; then each worker is replaced when its task is done. When the new one"
                    + " does not boot the old ones stay, and the end of its output is shown. SIGHUP does"
                    + " the same.",
            "",
            "The configuration file is read anew: what has changed counts with the new workers,"
                    + " settings that need a restart are named. A file that is not valid is an"
                    + " error, and nothing changes."
        },
        footer = {
            "  ln -sfn releases/42 current && parallite reload",
            "",
            "Exit codes: 0 all are replaced; 1 the new code does not boot or the configuration is not"
                    + " valid, the old workers stay,"
                    + " or it goes on after --timeout;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class ReloadCommand extends DaemonCommand {

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "How long to wait for it: 30s, 5m (for as long as it takes).")
    private @Nullable String timeout;

    @Override
    int run() throws DaemonException {
        try (DaemonConnection daemon = connect()) {
            daemon.send(Map.of("type", "reload"));
            Optional<Duration> limit = limit("--timeout", timeout);
            Optional<Answer> received = daemon.receiveWithin(limit);
            if (received.isEmpty()) {
                return late("reload", limit.orElseThrow());
            }
            Answer answer = received.get();
            if (!answer.isOk()) {
                return refused(answer);
            }
            if (wantsJson()) {
                out().println(answer.raw());
            } else {
                print(answer.node());
            }
            return ExitCode.OK;
        }
    }

    private void print(Node answer) {
        long replaced = answer.at("replaced").whole();
        out().printf(
                        "replaced %d %s in %s%n",
                        replaced,
                        replaced == 1 ? "worker" : "workers",
                        DaemonStats.age(answer.at("took_ms")));
        printKeys("changed: %s%n", answer.at("changed"));
        printKeys("changed in the file, but needs a restart: %s%n", answer.at("needs_restart"));
    }

    private void printKeys(String format, Node keys) {
        String joined =
                keys.elements().stream()
                        .flatMap(key -> key.text().stream())
                        .collect(Collectors.joining(", "));
        if (!joined.isEmpty()) {
            out().printf(format, joined);
        }
    }
}
