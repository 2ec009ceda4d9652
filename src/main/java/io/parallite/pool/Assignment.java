package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerLease;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Assigns idle workers to waiting tasks.
 *
 * <p>The invariant: no worker is idle beside a waiting task that it may serve. It is kept by acting
 * on the two events that could break it. {@link #onQueued}: tasks wait that did not before, and get
 * the workers that are idle. {@link #onFree}: a worker is idle, and gets the next task in turn, or
 * is parked, or ends to make room for one that is needed more. {@link WedgeWatch} checks the
 * invariant while tasks wait.
 *
 * <p>An isolated task gets a worker that has run no task. Any other task gets any worker, and with
 * it the frames of some tasks that follow; see {@link Prefetch}. Owned by the engine's thread.
 */
final class Assignment {

    private static final Logger LOG = Logger.getLogger(Assignment.class);

    private final WorkerSet workers;
    private final TaskQueue queue;
    private final Prefetch prefetch;
    private final PoolGrowth growth;
    private final Supervisor supervisor;
    private final WedgeWatch wedge;
    private Runnable onSpare = () -> {};
    private Runnable onWaiting = () -> {};

    Assignment(
            Engine engine,
            WorkerSet workers,
            TaskQueue queue,
            Prefetch prefetch,
            PoolGrowth growth,
            Supervisor supervisor) {
        this.workers = workers;
        this.queue = queue;
        this.prefetch = prefetch;
        this.growth = growth;
        this.supervisor = supervisor;
        this.wedge = new WedgeWatch(engine, queue, workers, growth, supervisor, this::onWedgeLook);
    }

    /** Runs {@code action} whenever a worker was parked. */
    void onSpare(Runnable action) {
        onSpare = action;
    }

    /** Runs {@code action} whenever tasks were queued and have to wait. */
    void onWaiting(Runnable action) {
        onWaiting = action;
    }

    // A task

    /**
     * Gives a new task a worker if one is idle that may serve it, and no other task waits for such
     * a one.
     *
     * @return whether it has a worker; if not, it has to be queued
     */
    boolean serveAtOnce(Waiter<?> waiter) {
        boolean isFirst =
                waiter.isIsolated
                        ? workers.hasFreshIdle() && queue.isolated() == 0
                        : workers.hasIdle() && queue.ordinary() == 0;
        if (!isFirst || waiter.lane.isHeld() || queue.isPaused()) {
            return false;
        }
        assign(waiter, takeIdle(waiter));
        return true;
    }

    /** A task was queued, or has returned to the queue, or may be served again. */
    void onQueued() {
        serve();
        if (queue.size() > 0) {
            growth.grow();
            wedge.arm();
            onWaiting.run();
        }
    }

    /** The tasks of a lane may be served again. */
    void onLaneReleased() {
        serve();
        growth.grow();
    }

    private void serve() {
        while (workers.hasIdle()) {
            Waiter<?> next = next(workers.hasFreshIdle());
            if (next == null) {
                return;
            }
            assign(next, takeIdle(next));
        }
    }

    private Worker takeIdle(Waiter<?> waiter) {
        return waiter.isIsolated ? workers.takeFreshIdle() : workers.takeIdle();
    }

    /**
     * The task that is next, taken out.
     *
     * @param isFresh whether for a worker that has run no task
     */
    private @Nullable Waiter<?> next(boolean isFresh) {
        Waiter<?> next = queue.poll(isFresh);
        while (next == null && prefetch.recallAny()) {
            next = queue.poll(isFresh); // none when their lanes are held
        }
        return next;
    }

    private void assign(Waiter<?> waiter, Worker worker) {
        WorkerLease lease;
        try {
            lease = waiter.isIsolated ? worker.leaseIsolated() : leaseWithNext(worker);
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "a worker could not be leased worker=%s", worker.name());
            waiter.refuse(
                    new TaskException(
                            FailureKind.INTERNAL,
                            "worker %s could not be leased: %s".formatted(worker.name(), e)));
            return;
        }
        waiter.grant(lease);
        if (waiter.isIsolated) {
            supervisor.onIsolated(worker);
        }
        growth.onLeased(waiter.isIsolated);
    }

    /**
     * Prefetches first: once the worker has its task, it may look for the next ones at any time.
     */
    private WorkerLease leaseWithNext(Worker worker) {
        if (!growth.lacksRoom()) {
            prefetch.fill(worker, growth.typicalTaskNanos(), workers.size());
        }
        return worker.lease();
    }

    // A worker

    /** A worker is idle: it gets a task, or is parked, or ends to make room. */
    void onFree(Worker worker) {
        if (worker.hasNext()) {
            goOn(worker);
            return;
        }
        prefetch.reclaim(worker);
        if (workers.isExcess(worker)) {
            worker.retire(EndReason.EXITED);
            return;
        }
        if (!worker.isFresh() && growth.lacksRoomInTurn()) {
            worker.retire(EndReason.ISOLATED);
            return;
        }
        Waiter<?> next = next(worker.isFresh());
        if (next != null) {
            assign(next, worker);
        } else {
            workers.park(worker);
            onSpare.run();
        }
    }

    /** Leases the worker for the prefetched task that it has begun by itself. */
    private void goOn(Worker worker) {
        Waiter<?> taken = prefetch.pollTaken(worker);
        if (taken == null) {
            worker.onGarbage("announced a task that it was not given");
        } else if (!taken.isSettled()) {
            assign(taken, worker);
        } else if (prefetch.hasTakenNext(worker)) {
            worker.lease().discard(taken.task);
        } else {
            worker.kill(EndReason.CANCELLED); // the task was cancelled, and is still running
        }
    }

    // The safety net

    private void onWedgeLook() {
        if (queue.size() == 0) {
            return;
        }
        supervisor.reclaimLost();
        serve();
        growth.grow();
        wedge.arm();
    }

    /** How often the invariant was found broken. */
    long wedges() {
        return wedge.count();
    }

    /** Stops the checks of the invariant. */
    void close() {
        wedge.close();
    }
}
