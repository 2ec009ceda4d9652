package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import java.time.Duration;
import java.util.function.IntSupplier;

/**
 * Refuses tasks that have waited in the queue for too long. One timer serves them all: it is set
 * for the oldest. Owned by the engine's thread.
 */
final class QueueTimeout {

    private final Engine engine;
    private final TaskQueue queue;
    private final Duration limit;
    private final IntSupplier workers;
    private final Deadline deadline;

    /**
     * @param workers how many there are, for the message
     */
    QueueTimeout(Engine engine, TaskQueue queue, Duration limit, IntSupplier workers) {
        this.engine = engine;
        this.queue = queue;
        this.limit = limit;
        this.workers = workers;
        this.deadline = new Deadline(engine, this::onDeadline);
    }

    /** Tasks wait. */
    void arm() {
        Waiter<?> oldest = deadline.isArmed() ? null : queue.oldest();
        if (oldest != null) {
            long waited = engine.nanoTime() - oldest.since;
            deadline.arm(limit.minusNanos(waited));
        }
    }

    private void onDeadline() {
        Waiter.refuseAll(
                queue.takeQueuedUntil(engine.nanoTime() - limit.toNanos()),
                new TaskException(
                        FailureKind.QUEUE_TIMEOUT,
                        "task waited queue_timeout_ms=%d for one of %d workers; add workers or submit less"
                                .formatted(limit.toMillis(), workers.getAsInt())));
        arm();
    }

    /** No task is refused any more. */
    void close() {
        deadline.close();
    }
}
