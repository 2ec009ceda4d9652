package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.worker.Worker;
import java.time.Duration;
import java.util.ArrayDeque;

/**
 * The workers that have nothing to do. The one that was last parked is taken first: its memory is
 * warm. On-demand workers are taken only when no persistent one is left, so that they may end once
 * they have been idle for long enough. Owned by the engine's thread.
 */
final class IdleWorkers {

    private record Spare(Worker worker, long since) {}

    private final Engine engine;
    private final Duration patience;
    private final Deadline deadline;
    private final ArrayDeque<Worker> persistent = new ArrayDeque<>();
    private final ArrayDeque<Spare> onDemand = new ArrayDeque<>();

    /**
     * @param patience after how long an idle on-demand worker ends
     */
    IdleWorkers(Engine engine, Duration patience) {
        this.engine = engine;
        this.patience = patience;
        this.deadline = new Deadline(engine, this::onDeadline);
    }

    boolean isEmpty() {
        return persistent.isEmpty() && onDemand.isEmpty();
    }

    int size() {
        return persistent.size() + onDemand.size();
    }

    /** Takes one out; there must be one. */
    Worker take() {
        return persistent.isEmpty() ? onDemand.remove().worker : persistent.remove();
    }

    void park(Worker worker) {
        if (worker.name().persistent()) {
            persistent.addFirst(worker);
            return;
        }
        onDemand.addFirst(new Spare(worker, engine.nanoTime()));
        if (!deadline.isArmed()) {
            deadline.arm(patience);
        }
    }

    boolean contains(Worker worker) {
        return persistent.contains(worker)
                || onDemand.stream().anyMatch(spare -> spare.worker == worker);
    }

    /** Takes {@code worker} out, when it is there. */
    void remove(Worker worker) {
        if (worker.name().persistent()) {
            persistent.remove(worker);
        } else {
            onDemand.removeIf(spare -> spare.worker == worker);
        }
    }

    private void onDeadline() {
        long now = engine.nanoTime();
        while (!onDemand.isEmpty() && now - onDemand.getLast().since >= patience.toNanos()) {
            onDemand.removeLast().worker.end();
        }
        if (!onDemand.isEmpty()) {
            deadline.arm(patience.minusNanos(now - onDemand.getLast().since));
        }
    }

    /** Forgets all of them. */
    void clear() {
        persistent.clear();
        onDemand.clear();
        deadline.close();
    }
}
