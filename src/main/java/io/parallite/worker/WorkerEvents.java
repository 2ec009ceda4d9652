package io.parallite.worker;

/** Receives what a worker reports of the task it runs. Called on the engine's thread. */
@FunctionalInterface
public interface WorkerEvents {

    /**
     * The task has sent an event before its reply.
     *
     * @param name the kind of event, for example {@code progress}
     * @param frame the whole frame, in the encoding of the task
     */
    void onEvent(String name, byte[] frame);

    /** The worker has been sent the task, or has taken it by itself. */
    default void onBegun() {}

    /** Whether what the task prints is wanted as events, beyond what its request asks for. */
    default boolean wantsOutput() {
        return false;
    }
}
