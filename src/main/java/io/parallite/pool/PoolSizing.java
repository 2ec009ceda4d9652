package io.parallite.pool;

import java.time.Duration;

/**
 * How many workers there may be, and when one more is worth its price.
 *
 * <p>An on-demand worker runs one task and costs a PHP start. As long as a worker comes free within
 * the time that a start takes, a queued task is served sooner by waiting; when none has for that
 * long, it is not. The time is measured, so that it grows on a busy machine, where more processes
 * would make matters worse; after tasks that were shorter than it, it counts double. Growth begins
 * with one worker and doubles for as long as none comes free.
 *
 * <p>Owned by the engine's thread.
 */
final class PoolSizing {

    /** The shortest time that a start is taken to need, and how often one looks. */
    static final Duration SHORTEST_START = Duration.ofMillis(10);

    private static final Duration LONGEST_START = Duration.ofSeconds(1);
    private static final double SMOOTHING = 0.1;
    private static final double START_SMOOTHING = 0.3;

    private final int max;
    private double typicalStart = SHORTEST_START.toNanos();
    private double typicalTask = SHORTEST_START.toNanos();
    private int burst = 1;

    PoolSizing(int max) {
        this.max = max;
    }

    /** How many more processes there may be beside {@code existing}. */
    int headroom(int existing) {
        return Math.max(0, max - existing);
    }

    /** Takes note that a worker needed {@code nanos} from its launch until it was ready. */
    void onStarted(long nanos) {
        typicalStart += START_SMOOTHING * (nanos - typicalStart);
    }

    /** How long a worker mostly needs from its launch until it is ready, in nanoseconds. */
    long typicalStartNanos() {
        return (long) typicalStart;
    }

    /** Takes note that a task kept its worker for {@code nanos}. */
    void onServed(long nanos) {
        typicalTask += SMOOTHING * (nanos - typicalTask);
    }

    /** How long a task mostly keeps its worker, in nanoseconds. */
    long typicalTaskNanos() {
        return (long) typicalTask;
    }

    /**
     * How many on-demand workers queued tasks should get now.
     *
     * @param sinceOneCameFree nanoseconds since a worker last came free
     * @param oldestWaits nanoseconds that the oldest task has waited
     */
    int growth(long sinceOneCameFree, long oldestWaits) {
        double start = Math.clamp(typicalStart, SHORTEST_START.toNanos(), LONGEST_START.toNanos());
        boolean areTasksShort = typicalTask < start;
        boolean isStuck = sinceOneCameFree >= (areTasksShort ? 2 * start : start);
        boolean isLate = !areTasksShort && oldestWaits >= 2 * start;
        if (!isStuck && !isLate) {
            burst = 1;
            return 0;
        }
        int now = burst;
        burst = Math.min(max, 2 * burst);
        return now;
    }
}
