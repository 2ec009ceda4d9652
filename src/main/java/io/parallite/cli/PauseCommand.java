package io.parallite.cli;

import java.util.Map;
import picocli.CommandLine.Command;

/** {@code parallite pause}: holds the queue. */
@Command(
        name = "pause",
        header = "Give no waiting task a worker until resume.",
        description = {
            "Tasks that run go on; others are still taken, wait, and time out as ever. For a moment in which"
                    + " nothing may begin: a migration, a failover."
        },
        footer = {
            "  parallite pause && migrate && parallite resume",
            "",
            "Exit codes: 0 the queue is paused; 1 it is not;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class PauseCommand extends DaemonCommand {

    @Override
    int run() throws DaemonException {
        Answer answer = ask("control", Map.of("action", "pause"));
        return report(answer, "the queue is paused; tasks wait until `parallite resume`");
    }
}
