package io.parallite.engine;

import java.time.Duration;

/**
 * The one event loop that owns the listener, the sessions, the queue, the pool and the workers.
 *
 * <p>State that belongs to the engine is touched on its thread only, so nothing guards it with a
 * lock. Every other thread (signals, HTTP, process reapers, pipe readers) enters through {@link
 * #execute}.
 */
public interface Engine {

    /**
     * Runs {@code action} on the engine's thread, after what that thread is doing now. Any thread.
     */
    void execute(Runnable action);

    /**
     * Runs {@code action} now, such that what it asks of Vert.x is answered on this thread, too.
     * Vert.x answers on the thread of the context that it is called in, and on any other one when
     * there is none, as in timers and in what workers send. What the action throws is thrown.
     * Engine thread only.
     */
    void dispatch(Runnable action);

    /** Whether the caller is on the engine's thread. */
    boolean isCurrent();

    /** A monotonic clock in nanoseconds, as {@link System#nanoTime}; tests move it by hand. */
    long nanoTime();

    /** Wall-clock time in milliseconds since the epoch, for what people read. */
    long epochMillis();

    /**
     * Runs {@code action} on the engine's thread once {@code delay} has passed. Engine thread only.
     */
    Timer schedule(Duration delay, Runnable action);

    /** A scheduled action. */
    @FunctionalInterface
    interface Timer {
        /** Drops the action; does nothing when it has already run. Engine thread only. */
        void cancel();
    }
}
