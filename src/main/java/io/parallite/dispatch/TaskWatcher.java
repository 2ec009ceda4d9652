package io.parallite.dispatch;

import io.parallite.task.TaskStatus;

/** Somebody who follows a task while it is in flight. Called on the engine's thread. */
public interface TaskWatcher {

    /** The task has been handed to a worker; again when that worker ended without reading it. */
    void onStarted(TaskStatus status);

    /**
     * The task has said something.
     *
     * @param frame the worker's frame, in the encoding of the task
     */
    void onEvent(byte[] frame);

    /** Whether nothing more should be told now; {@link Watch#resume} says when it may be again. */
    boolean isBehind();
}
