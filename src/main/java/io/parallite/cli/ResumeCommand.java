package io.parallite.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code parallite resume}: serves the queue again. */
@Command(
        name = "resume",
        header = "End a pause, or a drain.",
        description = {"Waiting tasks are served again, and new ones are taken."},
        footer = {
            "  parallite resume",
            "  parallite resume reports",
            "",
            "Exit codes: 0 tasks are served; 1 they are not;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class ResumeCommand extends DaemonCommand {

    @Parameters(
            arity = "0..1",
            paramLabel = "POOL",
            description = "One of the pools that parallite.json names; all without.")
    private @Nullable String pool;

    @Override
    int run() throws DaemonException {
        Answer answer = ask("control", PauseCommand.fields("resume", pool));
        return report(
                answer,
                pool == null
                        ? "tasks are taken and served"
                        : "the tasks of pool %s are served".formatted(pool));
    }
}
