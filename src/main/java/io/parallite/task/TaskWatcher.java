package io.parallite.task;

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
     * Whether it wants what the task prints. It gets all of it from the start on, and of some of it
     * again whenever another one begins to follow.
     */
    default boolean wantsOutput() {
        return false;
    }

    /** It wants no more events, or wants them again: {@link #isBehind} says so. */
    default void hold(boolean held) {}

    /**
     * Whether it takes no events now; {@link EventSource#holdOrRelease} says when it takes them
     * again.
     */
    boolean isBehind();
}
