package io.parallite.worker;

import io.parallite.task.Task;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/**
 * The right to run one task on a worker. The pool that gave it takes it back, exactly once; see
 * {@code WorkerPool.withWorker}.
 */
public final class WorkerLease {

    private final Worker worker;
    private final Conversation conversation;
    private boolean returned;

    WorkerLease(Worker worker, Conversation conversation) {
        this.worker = worker;
        this.conversation = conversation;
    }

    /** The name of the leased worker. */
    public String workerName() {
        return worker.name().value();
    }

    /**
     * Runs {@code task} on the worker and gives its reply frame; {@code events} hears what the task
     * says before it.
     *
     * <p>Fails with a {@link io.parallite.task.TaskException} when the worker dies, takes longer
     * than {@code timeout} or answers nonsense, and with {@link UndeliveredException} when it died
     * before it had read the task. Cancelling kills the worker.
     */
    public Uni<WorkerReply> exchange(Task task, Duration timeout, WorkerEvents events) {
        return worker.exchange(task, timeout, events);
    }

    /** Reads nothing more from the worker until {@link #resume}, or until the task has ended. */
    public void pause() {
        if (!returned) {
            conversation.pause();
        }
    }

    /** Reads from the worker again. */
    public void resume() {
        if (!returned) {
            conversation.resume();
        }
    }

    /** Has the worker tell all that the task prints, from its start on, if the worker can. */
    public void follow() {
        if (!returned) {
            conversation.follow();
        }
    }

    /**
     * Wants no reply any more: tells the worker so, if it can hear it, and kills it unless its task
     * has ended within {@code grace}. The exchange goes on until then.
     */
    public void cancel(Duration grace) {
        if (!returned) {
            conversation.cancel(grace);
        }
    }

    /**
     * Waits for the reply to {@code task}, which the worker has taken by itself and is done with,
     * and which nobody wants; then gives the worker back.
     */
    public void hearOut(Task task) {
        exchange(task, Conversation.LATENESS, (name, frame) -> {})
                .subscribe()
                .with(reply -> giveBack(), failure -> giveBack());
    }

    /** Gives the worker back; further calls do nothing. */
    public void giveBack() {
        if (!returned) {
            returned = true;
            worker.onLeaseReturned();
        }
    }
}
