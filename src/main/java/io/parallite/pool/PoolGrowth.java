package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.resources.ResidentMemory;
import io.parallite.worker.Worker;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Decides when workers are started beside those that fill slots, and when others must end to make
 * room for them. {@link FreshGrowth} starts workers for isolated tasks; {@link OnDemandGrowth} adds
 * workers for the other tasks, where there are such. Owned by the engine's thread.
 */
interface PoolGrowth {

    /**
     * The one that the settings ask for.
     *
     * @param mayStart whether workers may be started; {@link #grow} is called when that has become
     *     so
     * @param processors how many processes can run at once
     */
    static PoolGrowth of(
            Engine engine,
            Supplier<PoolSettings> settings,
            WorkerSet workers,
            TaskQueue queue,
            BooleanSupplier mayStart,
            int processors) {
        PoolSizing sizing = new PoolSizing(processors);
        ReadyBudget budget =
                new ReadyBudget(
                        engine, workers.idle, worker -> ResidentMemory.ownBytes(worker.pid()));
        FreshGrowth fresh =
                new FreshGrowth(
                        engine, workers, queue, mayStart, sizing, () -> ready(settings, budget));
        return settings.get().isolatesTasks()
                ? fresh
                : new OnDemandGrowth(engine, workers, queue, mayStart, sizing, fresh);
    }

    private static FreshGrowth.Ready ready(Supplier<PoolSettings> settings, ReadyBudget budget) {
        PoolSettings now = settings.get();
        boolean isForAll = now.isolatesTasks();
        boolean mayBeMore = isForAll || now.recycling().keepsIdle();
        return new FreshGrowth.Ready(
                isForAll ? now.fixed() : 0, mayBeMore ? budget.most(now.readyMemory()) : 0);
    }

    /** The pool begins to serve. */
    default void start() {}

    /** {@code worker} is ready for its first task. */
    void onReady(Worker worker);

    /** A worker was given a task; {@code isIsolated} tells whether for itself. */
    default void onLeased(boolean isIsolated) {}

    /** {@code worker} is free after a task. */
    default void onServed(Worker worker) {}

    /**
     * A worker that fills no slot has failed before it had a task; {@code delay} is the penalty.
     */
    default void onIdleFault(Duration delay) {}

    /** What has been measured of starts and tasks. */
    PoolSizing sizing();

    /** How long a task mostly keeps its worker, in nanoseconds. */
    default long typicalTaskNanos() {
        return sizing().typicalTaskNanos();
    }

    /** How long a worker mostly needs to start, in nanoseconds. */
    default long typicalStartNanos() {
        return sizing().typicalStartNanos();
    }

    /**
     * Starts the workers that are wanted now, and ends idle ones that are in the way of those:
     * after a task was queued, and after workers have become ready, have gone, or may be started
     * again.
     */
    void grow();

    /** Whether an idle worker that has run tasks must end, to make room for a fresh one. */
    boolean lacksRoom();

    /** Whether a worker that has become free, and has run tasks, must end. */
    boolean lacksRoomInTurn();

    /** Whether a worker for isolated tasks is idle or boots. */
    boolean hasFreshProspect();

    /** Starts no worker from now on. */
    void close();
}
