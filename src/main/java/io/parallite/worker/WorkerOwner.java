package io.parallite.worker;

import io.parallite.process.WorkerExit;
import io.parallite.task.TaskException;

/** Who is told about the milestones of a worker's life, on the engine's thread. */
public interface WorkerOwner {
    /** The worker can be leased, for the first time or again. */
    void onIdle(Worker worker);

    /**
     * Whether the worker has taken its next task by itself, so that it is done with the present one
     * and its reply is on the way. What it has not taken is taken back for that.
     */
    boolean hasGoneOn(Worker worker);

    /** The worker ends after its task and must not be given another. */
    void onRetiring(Worker worker);

    /** The worker is about to end and must not be leased any more. */
    void onEnding(Worker worker);

    /** The worker did not become ready; its process is gone. */
    void onStartFailed(Worker worker, TaskException why);

    /** The worker should be replaced soon; it goes on meanwhile. */
    void onWorn(Worker worker, EndReason reason);

    /** The worker has told where its task is, in an event frame. */
    void onStack(Worker worker, byte[] frame);

    /** How long a worker takes to start, in nanoseconds. */
    long startNanos();

    /** The worker had become ready, and its process is gone. */
    void onGone(Worker worker, WorkerExit ending);
}
