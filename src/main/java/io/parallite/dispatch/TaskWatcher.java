package io.parallite.dispatch;

import io.parallite.task.TaskStatus;

/** Somebody who follows a task while it is in flight. Called on the engine's thread. */
public interface TaskWatcher {

    /** The task has been handed to a worker; again when that worker ended without reading it. */
    void onStarted(TaskStatus status);

    /**
     * The task has said something.
     *
     * @param name {@code progress}, {@code emit} or {@code output}
     * @param frame the worker's frame, in the encoding of the task
     */
    void onEvent(String name, byte[] frame);

    /**
     * Whether it wants to be told of what the task prints. It is told of all from the start on, and
     * of some of it again whenever another one begins to follow.
     */
    default boolean wantsOutput() {
        return false;
    }

    /** It asks to be told nothing more, or to be told again: {@link #isBehind} says so. */
    default void hold(boolean held) {}

    /** Whether nothing more should be told now; {@link Watch#resume} says when it may be again. */
    boolean isBehind();
}
