package io.parallite.pool;

import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Whether workers that have run tasks must end to make room for fresh ones, which isolated tasks
 * need.
 *
 * <p>As long as there are fewer than {@code max_workers} processes, {@link FreshGrowth} starts
 * fresh workers beside the others. Then a worker makes room when more isolated tasks wait than
 * fresh workers are on their way: at once when it is idle; when it has become free and other tasks
 * wait, too, only if an isolated task is next in turn, and as long as isolated tasks have no more
 * than half of the workers. So neither kind can keep the other waiting for ever. Nothing makes room
 * while no worker can be started. Owned by the engine's thread.
 */
final class FreshDemand {

    private static final int SHARE = 2;

    private final WorkerSet workers;
    private final TaskQueue queue;
    private final BooleanSupplier mayStart;
    private final IntSupplier max;

    /**
     * @param mayStart whether workers may be started
     * @param max how many processes there may be
     */
    FreshDemand(WorkerSet workers, TaskQueue queue, BooleanSupplier mayStart, IntSupplier max) {
        this.workers = workers;
        this.queue = queue;
        this.mayStart = mayStart;
        this.max = max;
    }

    /** How many isolated tasks wait that could be served. */
    int waiting() {
        return queue.servableIsolated();
    }

    /** Whether a fresh worker is idle or boots. */
    boolean hasProspect() {
        return workers.idle.hasFresh() || workers.count(Worker::isStarting) > 0;
    }

    /** Whether an idle worker that has run tasks must end. */
    boolean lacksRoom() {
        return queue.isolated() > 0
                && workers.room() == 0
                && mayStart.getAsBoolean()
                && waiting() > coming();
    }

    /** Ends idle workers that must. */
    void makeRoom() {
        while (lacksRoom() && workers.idle.hasUsed()) {
            workers.idle.takeLeastNeeded().retire(EndReason.ISOLATED);
        }
    }

    /** Fresh workers that are there or on their way; what ends is replaced by one. */
    private int coming() {
        return workers.idle.fresh()
                + workers.count(worker -> worker.isStarting() || worker.isEnding());
    }

    /** Whether a worker that has become free, and has run tasks, must end. */
    boolean lacksRoomInTurn() {
        return lacksRoom() && (queue.peek(false) == null || isInTurn());
    }

    private boolean isInTurn() {
        int mostForIsolated = Math.max(1, max.getAsInt() / SHARE);
        Waiter<?> next = queue.peek(true);
        return next != null
                && next.isIsolated
                && coming() + workers.count(Worker::isDedicated) < mostForIsolated;
    }
}
