package io.parallite.cli;

import io.parallite.units.Durations;
import io.parallite.units.Texts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code parallite cancel}: ends tasks. */
@Command(
        name = "cancel",
        header = "Cancel tasks.",
        description = {
            "A task that waits is taken out of the queue; of one that runs the worker is killed, with"
                    + " what it has started. With --grace the task is asked to end and has that long to"
                    + " finish. Clients that wait for the task get the error CANCELLED at once."
        },
        footer = {
            "  parallite cancel cli-7d41b2f09c13",
            "  parallite cancel --grace 2s report-4711 report-4712",
            "",
            "Exit codes: 0 all are cancelled; 1 at least one had ended before, or is unknown;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class CancelCommand extends DaemonCommand {

    @Parameters(paramLabel = "TASK", arity = "1..*", description = "The ids of the tasks.")
    private List<String> tasks = new ArrayList<>();

    @Option(
            names = "--grace",
            paramLabel = "TIME",
            description = "How long a running task gets to finish: 500ms, 2s (0).")
    private @Nullable String grace;

    @Override
    int run() throws DaemonException {
        long graceMillis = 0;
        try {
            graceMillis = grace == null ? 0 : Durations.parse(grace).toMillis();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec().commandLine(), "--grace: " + e.getMessage(), e);
        }
        int exitCode = ExitCode.OK;
        try (DaemonConnection daemon = connect()) {
            for (String task : tasks) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("task_id", task);
                if (graceMillis > 0) {
                    fields.put("grace_ms", graceMillis);
                }
                if (!report(task, daemon.call("cancel", fields))) {
                    exitCode = ExitCode.FAILED;
                }
            }
        }
        return exitCode;
    }

    private boolean report(String task, Answer answer) {
        boolean cancelled = answer.isOk() && answer.node().at("cancelled").isTrue();
        if (wantsJson()) {
            out().println(answer.raw());
        } else if (!answer.isOk()) {
            refused(answer);
        } else if (cancelled) {
            out().printf("%s is cancelled%n", Texts.printable(task));
        } else {
            boolean was = answer.node().at("error_code").text().isPresent();
            String status = answer.node().at("status").text().orElse("ended");
            err().printf(
                            "parallite: %s %s %s before%n",
                            Texts.printable(task), was ? "was" : "had", was ? "cancelled" : status);
        }
        return cancelled;
    }
}
