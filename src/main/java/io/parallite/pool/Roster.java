package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerSnapshot;
import io.parallite.worker.WorkerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Who is in the crew: every process until it is known to be gone, those that have nothing to do,
 * and how many are on their way. Owned by the engine's thread.
 */
final class Roster {

    private final Set<Worker> workers = new LinkedHashSet<>();
    private final IdleWorkers idle;
    private int starting;

    /**
     * @param patience after how long an idle on-demand worker ends
     */
    Roster(Engine engine, Duration patience) {
        this.idle = new IdleWorkers(engine, patience);
    }

    /** The workers that have nothing to do. */
    IdleWorkers idle() {
        return idle;
    }

    /** A worker is on its way. */
    void onLaunched(Worker worker) {
        workers.add(worker);
        starting++;
    }

    /** A worker's start has come to an end, good or bad. */
    void onStartSettled() {
        starting--;
    }

    /** A worker is gone. */
    void remove(Worker worker) {
        workers.remove(worker);
        idle.remove(worker);
    }

    /** How many processes there are, of whatever state. */
    int size() {
        return workers.size();
    }

    /** How many are on their way. */
    int starting() {
        return starting;
    }

    /** All of them, as of now. */
    List<Worker> all() {
        return new ArrayList<>(workers);
    }

    /** Whether a worker is there or on its way. */
    boolean hasProspect() {
        if (starting > 0) {
            return true;
        }
        for (Worker worker : workers) {
            if (worker.isInService()) {
                return true;
            }
        }
        return false;
    }

    /** How many are in {@code state}. */
    int count(WorkerState state) {
        int count = 0;
        for (Worker worker : workers) {
            if (worker.state() == state) {
                count++;
            }
        }
        return count;
    }

    /** How many serve and have answered a ping or a task. */
    int answering() {
        int count = 0;
        for (Worker worker : workers) {
            if (worker.isInService() && worker.hasAnswered()) {
                count++;
            }
        }
        return count;
    }

    /** Parks idle workers that nobody has, but those that are held back on purpose. */
    void reclaimLost(Predicate<Worker> isHeld) {
        for (Worker worker : workers) {
            boolean isLost = worker.state() == WorkerState.IDLE && !idle.contains(worker);
            if (isLost && !isHeld.test(worker)) {
                idle.park(worker);
            }
        }
    }

    List<WorkerSnapshot> snapshots() {
        return workers.stream().map(Worker::snapshot).toList();
    }
}
