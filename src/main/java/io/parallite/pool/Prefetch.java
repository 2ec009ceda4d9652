package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.worker.Worker;
import org.jspecify.annotations.Nullable;

/**
 * Lays the frames of waiting tasks beside the tasks that workers run, so that a worker has its next
 * task at once. The pool works without it: see {@link NoPrefetch}.
 *
 * <p>A prefetched task waits like those in the queue, and goes back there when another worker is
 * free or its own ends. Once the worker has taken it, it is that worker's next task. Owned by the
 * engine's thread.
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

    /** How many tasks lie with workers. */
    int size();

    /**
     * Lays tasks of the queue beside the one that {@code worker} has, or is about to be given.
     *
     * @param typicalTask nanoseconds that a task mostly takes
     * @param workers among how many the waiting tasks are to be divided
     */
    void fill(Worker worker, long typicalTask, int workers);

    /**
     * The task that {@code worker} has gone on with, taken out; {@code null} when none lay there.
     */
    @Nullable Waiter<?> pollTaken(Worker worker);

    /**
     * Whether {@code worker} has taken one of its tasks, so that it is done with the one before.
     * The others are recalled to find that out.
     */
    boolean hasTakenNext(Worker worker);

    /**
     * Takes {@code waiter} out for good, if it lies with a worker. A worker that has taken it
     * already comes to it all the same; then {@link Waiter#isSettled} tells.
     *
     * @return whether it lay with a worker
     */
    boolean withdraw(Waiter<?> waiter);

    /** Returns to the queue what lies with some busy worker; {@code false} when nothing does. */
    boolean recallAny();

    /**
     * {@code worker} is done with its task and has taken no other: returns to the queue all that
     * was laid beside that, also what the task itself has read from the pipe.
     */
    void reclaim(Worker worker);

    /** Returns to the queue all that no worker has taken. */
    void recallAll();

    /** {@code worker} takes no further task: what it has not taken goes to other workers. */
    void onRetiring(Worker worker);

    /**
     * {@code worker} ends, or is gone. What it has not taken returns to the queue; a task that it
     * may have begun fails.
     */
    void onLeaving(Worker worker);

    /** Prefetches nothing from now on. */
    void close();
}
