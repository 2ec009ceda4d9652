package io.parallite.cli;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code parallite tail}: follows a task until it ends. */
@Command(
        name = "tail",
        header = "Follow a task: its state, its progress, what it prints and emits, its result.",
        description = {
            "State and progress go to standard error, one line each; what the task prints, emits and"
                    + " returns goes to standard output. Of a command all of its output is shown, of"
                    + " PHP what it prints from now on, if it was submitted with --stream. A task"
                    + " that has ended shows its result at once."
                    + " Ctrl-C stops following, not the task."
        },
        footer = {
            "  parallite tail \"$(parallite submit --detach --stream --file report.php)\"",
            "",
            "Exit codes: 0 the task succeeded; 1 it failed, or is unknown; of a command its own;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class TailCommand extends DaemonCommand {

    @Parameters(paramLabel = "TASK", description = "The id of the task.")
    private String task = "";

    @Override
    int run() throws DaemonException {
        try (DaemonConnection daemon = connect()) {
            daemon.send(Map.of("type", "tail", "task_id", task));
            return new TaskFollower(System.out, System.err, wantsJson(), true).follow(daemon);
        }
    }
}
