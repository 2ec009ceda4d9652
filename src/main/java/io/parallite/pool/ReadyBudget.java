package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.worker.Worker;
import java.time.Duration;
import java.util.function.ToLongFunction;

/**
 * How many workers may be kept ready for isolated tasks before they hold more memory than they may.
 * What one holds of its own is measured with one that is ready, now and then: a fork shares most of
 * its memory with its template, a started worker nearly none. Owned by the engine's thread.
 */
final class ReadyBudget {

    /** For how long a measurement counts. */
    static final Duration LOOK = Duration.ofSeconds(10);

    private final Engine engine;
    private final IdleWorkers idle;
    private final ToLongFunction<Worker> ownMemory;
    private boolean hasMeasured;
    private long measuredAt;
    private long bytes;

    /**
     * @param ownMemory bytes that a worker shares with no other process; 0 when that is not known
     */
    ReadyBudget(Engine engine, IdleWorkers idle, ToLongFunction<Worker> ownMemory) {
        this.engine = engine;
        this.idle = idle;
        this.ownMemory = ownMemory;
    }

    /**
     * How many ready workers hold {@code budget} bytes together; as many as there can be while
     * nothing has been measured.
     */
    int most(long budget) {
        if (budget == 0) {
            return 0;
        }
        measure();
        return bytes == 0 ? Integer.MAX_VALUE : (int) Math.min(Integer.MAX_VALUE, budget / bytes);
    }

    private void measure() {
        long now = engine.nanoTime();
        boolean isDue = !hasMeasured || now - measuredAt >= LOOK.toNanos();
        Worker sample = isDue ? idle.someFresh() : null;
        if (sample != null) {
            bytes = ownMemory.applyAsLong(sample);
            measuredAt = now;
            hasMeasured = true;
        }
    }
}
