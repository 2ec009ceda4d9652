package io.parallite.cli;

import java.util.Map;
import picocli.CommandLine.Command;

/** {@code parallite resume}: serves the queue again. */
@Command(
        name = "resume",
        header = "End a pause, or a drain.",
        description = {"Waiting tasks are served again, and new ones are taken."},
        footer = {
            "  parallite resume",
            "",
            "Exit codes: 0 tasks are served; 1 they are not;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class ResumeCommand extends DaemonCommand {

    @Override
    int run() throws DaemonException {
        Answer answer = ask("control", Map.of("action", "resume"));
        return report(answer, "tasks are taken and served");
    }
}
