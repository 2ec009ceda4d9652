package io.parallite.pool;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.worker.Worker;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides which tasks may wait for a worker, and refuses the others.
 *
 * <p>A task is refused for one of three reasons, which are checked in this order:
 *
 * <ol>
 *   <li>{@code SHUTTING_DOWN}: the pool drains.
 *   <li>{@code WORKER_START_FAILED}: no worker can be had; see {@link Supervisor#outage}.
 *   <li>{@code QUEUE_FULL}: {@code max_queue} tasks wait, and one more for each worker that is
 *       idle, that starts, or that may still be started. Those tasks are served soon, so they do
 *       not count against {@code max_queue}. A task that is retried is not refused for this reason.
 * </ol>
 *
 * <p>Prefetched tasks that no worker has taken yet count as waiting. Owned by the engine's thread.
 */
final class Admission {

    private final Supplier<PoolSettings> settings;
    private final WorkerSet workers;
    private final TaskQueue queue;
    private final Prefetch prefetch;
    private final Supervisor supervisor;
    private boolean isClosed;

    Admission(
            Supplier<PoolSettings> settings,
            WorkerSet workers,
            TaskQueue queue,
            Prefetch prefetch,
            Supervisor supervisor) {
        this.settings = settings;
        this.workers = workers;
        this.queue = queue;
        this.prefetch = prefetch;
        this.supervisor = supervisor;
    }

    /** Why a new task is refused; {@code null} when it may wait. */
    @Nullable TaskException refusal(boolean isIsolated) {
        TaskException refusal = refusalOfRetry(isIsolated);
        return refusal == null && waiting() >= settings.get().maxQueue() + capacity()
                ? queueFull()
                : refusal;
    }

    /** Why a task is refused that was admitted before; {@code null} when it may wait again. */
    @Nullable TaskException refusalOfRetry(boolean isIsolated) {
        return isClosed ? shuttingDown() : supervisor.outage(isIsolated);
    }

    /** How many tasks wait, in the queue or with a worker that has not taken them. */
    int waiting() {
        return queue.size() + prefetch.size();
    }

    /** How many tasks get a worker without waiting for another task to end. */
    int capacity() {
        int startable = Math.max(0, settings.get().max() - workers.size());
        return workers.idle() + workers.count(Worker::isStarting) + startable;
    }

    private TaskException queueFull() {
        String more =
                capacity() == 0
                        ? ""
                        : " beside places for %d in workers that are idle or may start"
                                .formatted(capacity());
        return new TaskException(
                FailureKind.QUEUE_FULL,
                "%d tasks are waiting and max_queue=%d%s; submit fewer at once, or raise max_queue or max_workers=%d"
                        .formatted(
                                waiting(), settings.get().maxQueue(), more, settings.get().max()));
    }

    /** Refuses the waiting tasks for which no worker can be had. */
    void refuseUnservable() {
        TaskException outage = supervisor.outage(false);
        TaskException outageOfFresh = supervisor.outage(true);
        if (outage != null) {
            Waiter.refuseAll(queue.takeAll(), outage);
        } else if (outageOfFresh != null) {
            Waiter.refuseAll(queue.takeIsolated(), outageOfFresh);
        }
    }

    /** Whether the pool drains. */
    boolean isClosed() {
        return isClosed;
    }

    /** Admits no task from now on. */
    void close() {
        isClosed = true;
    }

    /** Refuses all tasks in the queue, as the pool drains. */
    void refuseWaiting() {
        Waiter.refuseAll(queue.takeAll(), shuttingDown());
    }

    private static TaskException shuttingDown() {
        return new TaskException(
                FailureKind.SHUTTING_DOWN, "the daemon is stopping; submit again when it is back");
    }
}
