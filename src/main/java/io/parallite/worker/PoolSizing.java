package io.parallite.worker;

import java.time.Duration;

/**
 * How many workers there may be, and when one more is worth its price.
 *
 * <p>An on-demand worker runs one task and costs a PHP start, some tens of milliseconds of
 * processor time. While the workers that are there come free every few moments, a queued task is
 * served sooner by waiting; when none has come free for a while, it is not. After a history of tiny
 * tasks that while is longer: then it is most likely the machine that is busy, and more processes
 * would make it busier. Growth begins with one worker and doubles for as long as none comes free.
 *
 * <p>Owned by the engine's thread.
 */
final class PoolSizing {

    /** How long no worker may have come free before on-demand workers are started. */
    static final Duration PATIENCE = Duration.ofMillis(10);

    /** The same after tasks that took less than {@link #TINY}. */
    static final Duration PATIENCE_AFTER_TINY = Duration.ofMillis(100);

    /** How long a task that is likely not tiny may have waited, whatever else comes free. */
    private static final Duration LONG_WAIT = Duration.ofMillis(50);

    private static final Duration TINY = Duration.ofMillis(5);
    private static final double SMOOTHING = 0.1;

    private final int fixed;
    private final int max;
    private double typicalNanos = TINY.toNanos();
    private int burst = 1;

    PoolSizing(int fixed, int max) {
        this.fixed = fixed;
        this.max = max;
    }

    /** How many workers are persistent. */
    int fixed() {
        return fixed;
    }

    int max() {
        return max;
    }

    /** How many more processes there may be beside {@code existing}. */
    int headroom(int existing) {
        return Math.max(0, max - existing);
    }

    /** Takes note that a task kept its worker for {@code nanos}. */
    void onServed(long nanos) {
        typicalNanos += SMOOTHING * (nanos - typicalNanos);
    }

    /**
     * How many on-demand workers queued tasks should get now.
     *
     * @param sinceOneCameFree nanoseconds since a worker last came free
     * @param oldestWaits nanoseconds that the oldest task has waited
     */
    int growth(long sinceOneCameFree, long oldestWaits) {
        boolean isTiny = typicalNanos < TINY.toNanos();
        Duration patience = isTiny ? PATIENCE_AFTER_TINY : PATIENCE;
        boolean isStuck = sinceOneCameFree >= patience.toNanos();
        if (!isStuck && (isTiny || oldestWaits < LONG_WAIT.toNanos())) {
            burst = 1;
            return 0;
        }
        int now = burst;
        burst = Math.min(max, 2 * burst);
        return now;
    }
}
