package io.parallite.cli;

import io.parallite.config.Setting;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code parallite scale}: changes the number of persistent workers. */
@Command(
        name = "scale",
        header = "Keep another number of persistent workers.",
        description = {
            "Starts those that lack, and ends those that are too many once their tasks are done, until the"
                    + " daemon ends or a reload finds another fixed_workers in parallite.json, which is"
                    + " what lasts. No more than max_workers."
        },
        footer = {
            "  parallite scale 8",
            "",
            "Exit codes: 0 it is done; 1 the daemon refuses;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class ScaleCommand extends DaemonCommand {

    @Parameters(paramLabel = "N", description = "How many, from 0 on.")
    private int workers;

    @Override
    int run() throws DaemonException {
        Answer answer =
                ask("control", Map.of("action", "scale", Setting.FIXED_WORKERS.key(), workers));
        return report(answer, "workers kept from now on: " + workers);
    }
}
