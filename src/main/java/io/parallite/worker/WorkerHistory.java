package io.parallite.worker;

import io.parallite.engine.Engine;
import java.time.Duration;

/**
 * What a worker has done so far, and when.
 *
 * <p>Times are in nanoseconds by {@link Engine#nanoTime}, and 0 until the event has happened. Owned
 * by the engine's thread; only {@link #isOfCurrentTask} may be called on any.
 */
public final class WorkerHistory {

    /** How long what a task has written to stderr may need to come through the pipe. */
    static final Duration STDERR_LAG = Duration.ofMillis(50);

    private final Engine engine;
    private long launchedAt;
    private long readyAt;
    private long leasedAt;
    private long served;
    private boolean isProven;

    /** {@link System#nanoTime} of the last answer to a task, 0 before the first. */
    private volatile long answeredAt;

    WorkerHistory(Engine engine) {
        this.engine = engine;
    }

    void onLaunched() {
        launchedAt = engine.nanoTime();
    }

    void onReady() {
        readyAt = engine.nanoTime();
    }

    void onLeased() {
        leasedAt = engine.nanoTime();
    }

    /** It has answered a task. */
    void onAnswered() {
        served++;
        answeredAt = System.nanoTime() | 1;
        isProven = true;
    }

    /** It has shown that its script runs, if {@code proven}. */
    void prove(boolean proven) {
        isProven |= proven;
    }

    /** When it was launched. */
    public long launchedAt() {
        return launchedAt;
    }

    /** How long ago it was launched, in nanoseconds. */
    public long nanosSinceLaunch() {
        return engine.nanoTime() - launchedAt;
    }

    /** For how long it has been there. */
    Duration age() {
        return Duration.ofNanos(nanosSinceLaunch());
    }

    /** When it could take its first task. */
    long readyAt() {
        return readyAt;
    }

    /** For how long it could take tasks, in nanoseconds; 0 before it could. */
    public long nanosSinceReady() {
        return readyAt == 0 ? 0 : engine.nanoTime() - readyAt;
    }

    /** When it was leased last. */
    public long leasedAt() {
        return leasedAt;
    }

    /** How long ago it was leased last: the time that its task has kept it, in nanoseconds. */
    public long nanosSinceLease() {
        return engine.nanoTime() - leasedAt;
    }

    /** Whether it has run no task, and was leased for none. */
    boolean isFresh() {
        return leasedAt == 0;
    }

    /** How many tasks it has answered. */
    public long served() {
        return served;
    }

    /** Whether it has shown that its script runs: a process that merely exists has not. */
    public boolean isProven() {
        return isProven;
    }

    /**
     * Whether what was read from stderr at {@code readAt} must have been written for the running
     * task, and not for the one before.
     *
     * @param readAt in {@link System#nanoTime}
     */
    boolean isOfCurrentTask(long readAt) {
        return answeredAt == 0 || readAt - answeredAt > STDERR_LAG.toNanos();
    }
}
