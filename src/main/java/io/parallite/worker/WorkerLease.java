package io.parallite.worker;

import io.parallite.task.Task;
import io.parallite.task.TaskResult.Replied;
import io.parallite.worker.WorkerState.AtTask;
import io.parallite.worker.WorkerState.Running;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/**
 * The right to run one task on a worker. The pool that grants it releases it, exactly once; see
 * {@code WorkerPool.withWorker}. Owned by the engine's thread.
 */
public final class WorkerLease {

    private final Worker worker;
    private boolean isReleased;

    WorkerLease(Worker worker) {
        this.worker = worker;
    }

    /** The name of the leased worker. */
    public String workerName() {
        return worker.name().value();
    }

    /** The process id of the leased worker; 0 where it is unknown. */
    public long workerPid() {
        return worker.pid();
    }

    /** {@code Engine.nanoTime} at which the start of the worker began. */
    public long workerLaunchedAt() {
        return worker.history().launchedAt();
    }

    /** {@code Engine.nanoTime} at which the worker could take its first task. */
    public long workerReadyAt() {
        return worker.history().readyAt();
    }

    /**
     * Runs {@code task} on the worker and gives its reply frame; {@code events} gets what the task
     * reports before that.
     *
     * <p>Fails with a {@link io.parallite.task.TaskException} when the worker ends, takes longer
     * than {@code timeout} or sends an invalid reply, and with {@link UndeliveredException} when it
     * ended before it had read the task. Cancelling kills the worker.
     */
    public Uni<Replied> exchange(Task task, Duration timeout, WorkerEvents events) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Exchange exchange = new Exchange(task, emitter, timeout, events);
                            emitter.onTermination(() -> worker.onUnsubscribed(exchange));
                            worker.begin(exchange);
                        });
    }

    /** Reads nothing more from the worker until {@link #resume}, or until its task has ended. */
    public void pause() {
        AtTask task = worker.task();
        if (!isReleased && task != null) {
            task.exchange().pause(task.channel());
        }
    }

    /** Reads from the worker again. */
    public void resume() {
        AtTask task = worker.task();
        if (!isReleased && task != null) {
            task.exchange().resume(task.channel());
        }
    }

    /** Has the worker send all that the task prints, from its start on, if the worker can. */
    public void follow() {
        if (!isReleased && worker.task() instanceof Running task) {
            task.exchange().follow(task.channel());
        }
    }

    /**
     * Passes a message on to the task, behind its request; {@code false} when the worker is one
     * that takes none. A task that is about to end does not get it.
     */
    public boolean send(byte[] frame) {
        return isReleased
                || !(worker.task() instanceof Running task)
                || task.exchange().send(task.channel(), frame);
    }

    /**
     * Asks the task to end, if the worker can do that, and kills the worker unless the task has
     * ended within {@code grace}. The exchange goes on until then.
     */
    public void cancel(Duration grace) {
        if (!isReleased) {
            worker.cancel(grace);
        }
    }

    /**
     * Waits for the answer to {@code task}, drops it, and then releases the worker. The worker has
     * begun the task by itself and is done with it, and the task was cancelled meanwhile.
     */
    public void discard(Task task) {
        exchange(task, Worker.ANSWER_GRACE, (name, frame) -> {})
                .subscribe()
                .with(reply -> release(), failure -> release());
    }

    /** Returns the worker to the pool; further calls do nothing. */
    public void release() {
        if (!isReleased) {
            isReleased = true;
            worker.onReleased();
        }
    }
}
