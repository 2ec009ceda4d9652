package io.parallite.bench;

import io.parallite.config.DaemonAddress;
import java.time.Duration;

/**
 * What a run is to do.
 *
 * @param target the daemon
 * @param connections how many connections are opened
 * @param depth tasks in flight on each
 * @param extent when it ends
 * @param rate tasks a second over all connections whether or not replies keep up, or 0 to send the
 *     next task when a reply comes
 * @param patience how long to wait when tasks are in flight and no reply comes at all
 */
record BenchPlan(
        DaemonAddress target,
        int connections,
        int depth,
        Extent extent,
        double rate,
        Duration patience) {

    static final int MAX_CONNECTIONS = 10_000;
    static final int MAX_DEPTH = 10_000;
    static final int MAX_PAYLOAD = 256 << 20;

    /** When a run ends. */
    sealed interface Extent {}

    /** Ends after a time; what finishes between the warm-up and the end is measured. */
    record ForDuration(Duration warmUp, Duration measured) implements Extent {

        ForDuration {
            if (measured.isZero()) {
                throw new IllegalArgumentException("--duration 0: it must be longer");
            }
        }
    }

    /** Ends after a number of tasks, which are all measured. */
    record ForTasks(long tasks) implements Extent {

        ForTasks {
            check("--tasks", tasks, Long.MAX_VALUE);
        }
    }

    BenchPlan {
        check("--connections", connections, MAX_CONNECTIONS);
        check("--depth", depth, MAX_DEPTH);
        if (rate < 0 || rate > 10_000_000) {
            throw new IllegalArgumentException("--rate " + rate + " is not in 0..10000000");
        }
    }

    private static void check(String option, long value, long most) {
        if (value < 1 || value > most) {
            String limit = most == Long.MAX_VALUE ? "1 or more" : "in 1.." + most;
            throw new IllegalArgumentException(option + " " + value + ": it must be " + limit);
        }
    }
}
