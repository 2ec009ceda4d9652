package io.parallite.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

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
            "  parallite pause reports",
            "",
            "Exit codes: 0 the queue is paused; 1 it is not;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class PauseCommand extends DaemonCommand {

    @Parameters(
            arity = "0..1",
            paramLabel = "POOL",
            description = "One of the pools that parallite.json names; all without.")
    private @Nullable String pool;

    @Override
    int run() throws DaemonException {
        Answer answer = ask("control", fields("pause", pool));
        return report(
                answer,
                pool == null
                        ? "the queue is paused; tasks wait until `parallite resume`"
                        : "the queue of pool %s is paused; its tasks wait until `parallite resume %s`"
                                .formatted(pool, pool));
    }

    /** The request for {@code action}, of one pool or of all. */
    static Map<String, Object> fields(String action, @Nullable String pool) {
        return pool == null ? Map.of("action", action) : Map.of("action", action, "pool", pool);
    }
}
