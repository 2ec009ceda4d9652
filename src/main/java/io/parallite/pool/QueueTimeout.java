package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import java.time.Duration;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Refuses tasks that have waited in the queue for too long. One timer serves them all: it is set
 * for the oldest; another one serves those that have a limit of their own. Owned by the engine's
 * thread.
 */
final class QueueTimeout {

    private final Engine engine;
    private final TaskQueue queue;
    private Duration limit;
    private final IntSupplier workers;
    private final Deadline deadline;
    private final Deadline ownDeadline;

    /** Those that have a limit of their own, the one that is due first ahead. */
    private @Nullable NavigableSet<Waiter<?>> impatient;

    /**
     * @param workers how many there are, for the message
     */
    QueueTimeout(Engine engine, TaskQueue queue, Duration limit, IntSupplier workers) {
        this.engine = engine;
        this.queue = queue;
        this.limit = limit;
        this.workers = workers;
        this.deadline = new Deadline(engine, this::onDeadline);
        this.ownDeadline = new Deadline(engine, this::onOwnDeadline);
    }

    /** Tasks may wait for {@code most} from now on, those that are there too. */
    void limit(Duration most) {
        if (!limit.equals(most)) {
            limit = most;
            deadline.disarm();
            arm();
        }
    }

    /** {@code waiter} waits, as others may. */
    void arm(Waiter<?> waiter) {
        if (waiter.task.terms().queueTimeout() != null) {
            armOwn(waiter);
        }
        arm();
    }

    /** {@code waiter} waits no more. */
    void disarm(Waiter<?> waiter) {
        if (impatient != null && waiter.task.terms().queueTimeout() != null) {
            impatient.remove(waiter);
        }
    }

    private void armOwn(Waiter<?> waiter) {
        if (impatient == null) {
            impatient = new TreeSet<>(QueueTimeout::compare);
        }
        impatient.add(waiter);
        armOwn();
    }

    private void armOwn() {
        if (impatient != null && !impatient.isEmpty()) {
            long left = expiry(impatient.first()) - engine.nanoTime();
            ownDeadline.arm(Duration.ofNanos(Math.max(0, left)));
        }
    }

    private static long expiry(Waiter<?> waiter) {
        Duration own = waiter.task.terms().queueTimeout();
        return waiter.since + (own == null ? 0 : own.toNanos());
    }

    private static int compare(Waiter<?> one, Waiter<?> other) {
        long earlier = expiry(one) - expiry(other);
        return earlier == 0
                ? one.task.id().value().compareTo(other.task.id().value())
                : Long.signum(earlier);
    }

    private void onOwnDeadline() {
        NavigableSet<Waiter<?>> waiting = impatient;
        long now = engine.nanoTime();
        while (waiting != null && !waiting.isEmpty() && expiry(waiting.first()) - now <= 0) {
            Waiter<?> waiter = waiting.first();
            queue.remove(waiter);
            waiting.remove(waiter);
            Duration own = Duration.ofNanos(expiry(waiter) - waiter.since);
            Waiter.refuseAll(List.of(waiter), tooLong("its ", own));
        }
        armOwn();
    }

    private void arm() {
        Waiter<?> oldest = deadline.isArmed() ? null : queue.oldest();
        if (oldest != null) {
            long waited = engine.nanoTime() - oldest.since;
            deadline.arm(Duration.ofNanos(Math.max(0, limit.toNanos() - waited)));
        }
    }

    private void onDeadline() {
        Waiter.refuseAll(
                queue.takeQueuedUntil(engine.nanoTime() - limit.toNanos()), tooLong("", limit));
        arm();
    }

    private TaskException tooLong(String whose, Duration most) {
        return new TaskException(
                FailureKind.QUEUE_TIMEOUT,
                "task waited %squeue_timeout_ms=%d for one of %d workers; add workers or submit less"
                        .formatted(whose, most.toMillis(), workers.getAsInt()));
    }

    /** No task is timed out from now on. */
    void close() {
        deadline.close();
        ownDeadline.close();
    }
}
