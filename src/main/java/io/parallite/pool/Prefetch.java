package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.worker.Worker;
import org.jspecify.annotations.Nullable;

/**
 * Sends the frames of waiting tasks to busy workers ahead of time, so that a worker has its next
 * task at once. The pool works without it: see {@link NoPrefetch}.
 *
 * <p>A prefetched task is <em>held</em> by a worker. It waits like those in the queue, and returns
 * there when another worker is free or its holder ends. Once the holder has taken it, it is that
 * worker's next task. Owned by the engine's thread.
 */
interface Prefetch {

    /** Makes the prefetching of a pool. */
    @FunctionalInterface
    interface Factory {

        /**
         * Makes the prefetching of one pool.
         *
         * @param onReturned called when tasks are in the queue again that another worker may take
         */
        Prefetch create(TaskQueue queue, Runnable onReturned);
    }

    /** Prefetching through pipes. */
    static Factory throughPipes(Engine engine) {
        return (queue, onReturned) -> new PipePrefetch(engine, queue, onReturned);
    }

    /** How many tasks are held by workers. */
    int size();

    /**
     * Sends tasks of the queue to {@code worker}, which has a task or is about to be leased for
     * one.
     *
     * @param typicalTask nanoseconds that a task mostly takes
     * @param workers among how many the waiting tasks are to be divided
     */
    void fill(Worker worker, long typicalTask, int workers);

    /** Removes the task that {@code worker} has begun by itself; {@code null} when it held none. */
    @Nullable Waiter<?> pollTaken(Worker worker);

    /**
     * Whether {@code worker} has taken a task that it held, so that it is done with the one before.
     * Those that it has not taken return to the queue, which is how this is found out.
     */
    boolean hasTakenNext(Worker worker);

    /**
     * Removes {@code waiter} for good, if a worker holds it. A worker that has taken it already
     * runs it all the same; {@link Waiter#isSettled} is {@code true} then.
     *
     * @return whether a worker held it
     */
    boolean withdraw(Waiter<?> waiter);

    /** Returns to the queue what some busy worker holds; {@code false} when none holds any. */
    boolean recallAny();

    /**
     * {@code worker} is done with its task and has taken no other: returns all that it holds to the
     * queue, also what the task itself has read from the pipe.
     */
    void reclaim(Worker worker);

    /** Returns to the queue all that no worker has taken. */
    void recallAll();

    /** {@code worker} takes no further task: what it has not taken returns to the queue. */
    void onRetiring(Worker worker);

    /**
     * {@code worker} ends, or is gone. Tasks that it has not taken return to the queue; a task that
     * it may have begun fails.
     */
    void onLeaving(Worker worker);

    /** Prefetches nothing from now on. */
    void close();
}
