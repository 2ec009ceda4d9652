package io.parallite.worker;

import io.parallite.task.TaskException;

/** The pool that a worker belongs to, to which it reports; on the engine's thread. */
public interface WorkerOwner {

    /** The worker can be leased, for the first time or again. */
    void onIdle(Worker worker);

    /**
     * Whether the worker has taken a prefetched task by itself, so that it is done with the present
     * one and its answer is on the way. Tasks that it has not taken return to the queue.
     */
    boolean hasTakenNext(Worker worker);

    /** The worker ends after its task and must not be given another. */
    void onRetiring(Worker worker);

    /** The worker is about to end and must not be leased again. */
    void onEnding(Worker worker);

    /** The worker did not become ready; its process is gone. */
    void onStartFailed(Worker worker, TaskException why);

    /** The worker should be replaced soon; it goes on meanwhile. */
    void onRecyclable(Worker worker, EndReason reason);

    /** The worker has sent the stack of its task, in an event frame. */
    void onStack(Worker worker, byte[] frame);

    /** How long a worker takes to start, in nanoseconds. */
    long startNanos();

    /** The worker's process is gone; if it was never ready, the daemon had ended it. */
    void onGone(Worker worker, WorkerEnd end);
}
