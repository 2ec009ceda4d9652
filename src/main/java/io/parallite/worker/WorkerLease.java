package io.parallite.worker;

import io.parallite.task.Task;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/**
 * The right to run one task on a worker. The pool that gave it takes it back, exactly once; see
 * {@link WorkerPool#withWorker}.
 */
public final class WorkerLease {

    private final Worker worker;
    private boolean returned;

    WorkerLease(Worker worker) {
        this.worker = worker;
    }

    /** The name of the leased worker. */
    public String workerName() {
        return worker.name().value();
    }

    /**
     * Runs {@code task} on the worker and gives its reply frame.
     *
     * <p>Fails with a {@link io.parallite.task.TaskException} when the worker dies, takes longer
     * than {@code timeout} or answers nonsense, and with {@link UndeliveredException} when it died
     * before it had read the task. Cancelling kills the worker.
     */
    public Uni<WorkerReply> exchange(Task task, Duration timeout) {
        return worker.exchange(task, timeout);
    }

    /** Gives the worker back; further calls do nothing. */
    void giveBack() {
        if (!returned) {
            returned = true;
            worker.onLeaseReturned();
        }
    }
}
