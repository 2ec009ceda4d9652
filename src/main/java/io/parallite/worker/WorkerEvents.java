package io.parallite.worker;

/** Who hears what a worker says of the task it runs. Called on the engine's thread. */
@FunctionalInterface
public interface WorkerEvents {

    /**
     * The task has said something before its reply.
     *
     * @param name what kind of thing, for example {@code progress}
     * @param frame the whole frame, in the encoding of the task
     */
    void onEvent(String name, byte[] frame);

    /** Whether somebody wants to be told what the task prints, beyond what its request says. */
    default boolean wantsOutput() {
        return false;
    }
}
