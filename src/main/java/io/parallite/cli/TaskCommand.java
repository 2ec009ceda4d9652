package io.parallite.cli;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code parallite task}: all that is known of one task. */
@Command(
        name = "task",
        header = "Show one task: its times, its worker, why and where it failed, what it printed.",
        description = {
            "A task that waits or runs, one whose result is retained, or one of the last hundred that"
                    + " failed. Of the trace the beginning is shown, of the output the end; of a"
                    + " running task what it has printed so far if it is a command, or if its"
                    + " client follows that. `parallite tail` shows it as it comes."
        },
        footer = {
            "  parallite task cli-7d41b2f09c13",
            "  parallite task cli-7d41b2f09c13 --json | jq -r .trace",
            "",
            "Exit codes: 0 the task is known; 1 it is not;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class TaskCommand extends DaemonCommand {

    @Parameters(paramLabel = "TASK", description = "The id of the task.")
    private String task = "";

    @Override
    int run() throws DaemonException {
        Answer answer = ask("task", Map.of("task_id", task));
        if (!answer.isOk()) {
            return refused(answer);
        }
        if (wantsJson()) {
            out().println(answer.raw());
        } else {
            TaskText.describe(answer.node(), out());
        }
        return ExitCode.OK;
    }
}
