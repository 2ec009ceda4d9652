package io.parallite.worker;

import java.time.Duration;

/**
 * How many workers there may be, and when one more is worth its price.
 *
 * <p>An on-demand worker runs one task and costs a PHP start, some tens of milliseconds of processor
 * time. While the workers that are there come free every few moments, a queued task is served sooner
 * by waiting; when none has come free for {@link #PATIENCE}, or a task has waited {@link
 * #LONG_WAIT} for tasks that are not tiny, it is not.
 *
 * <p>Owned by the engine's thread.
 */
final class PoolSizing {

    /** How long no worker may have come free before on-demand workers are started. */
    static final Duration PATIENCE = Duration.ofMillis(10);

    private static final Duration LONG_WAIT = Duration.ofMillis(50);
    private static final Duration TINY = Duration.ofMillis(5);
    private static final double SMOOTHING = 0.1;

    private final int fixed;
    private final int max;
    private double typicalNanos;

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

    /** Whether queued tasks should get on-demand workers now. */
    boolean isWorthGrowing(long nanosSinceOneCameFree, long nanosOldestWaits) {
        return nanosSinceOneCameFree >= PATIENCE.toNanos()
                || nanosOldestWaits >= LONG_WAIT.toNanos() && typicalNanos >= TINY.toNanos();
    }
}
