package io.parallite.process;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The two-way channel to one worker process, and the handle on that process.
 *
 * <p>Owned by the engine's thread: all methods, and those of the listener, are called on it. After
 * {@link Listener#onEnded} the listener is not called again.
 */
public interface WorkerChannel {

    /** The operating system's id of the process. */
    long pid();

    /**
     * Whether the channel could only be opened because the worker's script had said it is ready.
     */
    boolean provesReadiness();

    /** Whether the worker has answered a ping before the channel was given out. */
    default boolean hasAnswered() {
        return false;
    }

    /** What the worker has said it can do beyond running tasks, for example {@code cancel}. */
    default Set<String> features() {
        return Set.of();
    }

    /** Asks a worker with the feature {@code stack} for the stack of its task, by SIGUSR2. */
    default void askForStack() {}

    /**
     * Whether the worker's process has computed without a wait since this was asked last, so that a
     * signal interrupts no call; never when it is asked for the first time.
     */
    default boolean isComputing() {
        return true;
    }

    /** Sends a frame; at most one task is in flight. */
    void write(byte[] frame);

    /**
     * Sends the frame of a next task ahead of time: the worker takes it when it has answered those
     * before. It announces that with an empty frame ahead of its reply to the task before.
     *
     * @return {@code false} when the channel cannot do that, or not with this frame
     */
    default boolean prefetch(byte[] frame) {
        return false;
    }

    /**
     * Withdraws all prefetched frames that the worker has not taken, and gives them. The worker may
     * take one meanwhile: then that one is missing, and those before it are given.
     */
    default List<byte[]> takeBack() {
        return List.of();
    }

    /** Whether further bytes of the worker have been received than those being reported. */
    default boolean hasMore() {
        return false;
    }

    /**
     * Whether the frame that is being read, or being reported, has had to wait for memory: its
     * duration does not measure the worker.
     */
    default boolean hasWaitedForRoom() {
        return false;
    }

    /**
     * Suspends reading until {@link #resume}; frames that are received already may still be
     * reported.
     */
    void pause();

    /** Reads again. */
    void resume();

    /** Ends the worker by closing its input; kills it if it has not ended shortly afterwards. */
    void end();

    /** Kills the process and all that it started. */
    void kill();

    /** What happens on the channel. */
    interface Listener {

        /** A whole frame has come from the worker. */
        void onFrame(byte[] frame);

        /** The worker has sent bytes that are no frame; nothing more will be read. */
        void onGarbage(String description);

        /** The id of the task it runs. Any thread; it may be a moment out of date. */
        default @Nullable String currentTask() {
            return null;
        }

        /**
         * Whether what was read from stderr at that {@link System#nanoTime} must have been written
         * for the running task, and not for the one before. Any thread.
         */
        default boolean isOfCurrentTask(long readAt) {
            return true;
        }

        /** The process is gone, and everything that it had sent has been reported. */
        void onEnded(WorkerExit ending);
    }
}
