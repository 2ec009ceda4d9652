package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.worker.Worker;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Detects that the queue is not served although it could be, and serves it again.
 *
 * <p>It is a safety net against defects of the pool that lose an event which would give a worker to
 * a task. With the net, such a defect delays a task by a second and is logged; without it, the
 * queue would stand still until the next event.
 *
 * <p>The invariant is that no idle worker waits beside a task that it may serve, and that tasks
 * wait only while a worker is there or about to start. It is checked once a second while tasks
 * wait; without tasks there is no timer. Owned by the engine's thread.
 */
final class WedgeWatch {

    private static final Logger LOG = Logger.getLogger(WedgeWatch.class);

    static final Duration STEP = Duration.ofSeconds(1);

    private final TaskQueue queue;
    private final WorkerSet workers;
    private final PoolGrowth growth;
    private final Supervisor supervisor;
    private final Runnable mend;
    private final Deadline deadline;
    private boolean isLogged;
    private long count;

    /**
     * @param mend sets the queue in motion; it arms the watch again when tasks still wait
     */
    WedgeWatch(
            Engine engine,
            TaskQueue queue,
            WorkerSet workers,
            PoolGrowth growth,
            Supervisor supervisor,
            Runnable mend) {
        this.queue = queue;
        this.workers = workers;
        this.growth = growth;
        this.supervisor = supervisor;
        this.mend = mend;
        this.deadline = new Deadline(engine, this::look);
    }

    /** Tasks wait. */
    void arm() {
        if (!deadline.isArmed()) {
            deadline.arm(STEP);
        }
    }

    private void look() {
        String wrong = symptom();
        if (wrong == null) {
            isLogged = false;
        } else {
            count++;
            if (!isLogged) {
                isLogged = true;
                LOG.errorf("the queue stood still and is served again: %s", wrong);
            }
        }
        mend.run();
    }

    /** What keeps tasks waiting that could be served; {@code null} when all is well. */
    private @Nullable String symptom() {
        if (!queue.isServable()) {
            return null;
        }
        int free = workers.count(worker -> worker.isIdle() && maySomeTaskHave(worker));
        if (free > supervisor.onProbation()) {
            return "workers are idle beside waiting tasks idle=%d parked=%d workers=%d queued=%d isolated=%d"
                    .formatted(
                            free, workers.idle(), workers.size(), queue.size(), queue.isolated());
        }
        boolean isHopeless = workers.size() == 0 && workers.vacant() == 0 && supervisor.mayStart();
        return isHopeless
                ? "there is no worker and none is about to start queued=" + queue.size()
                : null;
    }

    /** Whether a task waits that {@code worker} may run, or for which it must make room. */
    private boolean maySomeTaskHave(Worker worker) {
        return queue.peek(worker.isFresh()) != null || growth.lacksRoom();
    }

    /** How often it was wedged. */
    long count() {
        return count;
    }

    void close() {
        deadline.close();
    }
}
