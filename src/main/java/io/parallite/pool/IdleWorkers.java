package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The workers that no task needs now, and which of them the next one gets.
 *
 * <p>The worker that became idle last is taken first: its memory is warm. On-demand workers are
 * taken only when no persistent one is idle, so that they may end once they have been idle for long
 * enough. Workers that are fresh, having run no task, are kept for isolated tasks as long as others
 * of their kind are idle. Owned by the engine's thread.
 */
final class IdleWorkers {

    private record Spare(Worker worker, long since) {}

    private final Engine engine;
    private final Supplier<PoolSettings> settings;

    private final ArrayDeque<Worker> idlePersistent = new ArrayDeque<>();
    private final ArrayDeque<Worker> freshPersistent = new ArrayDeque<>();

    /** The one that became idle last is first. */
    private final ArrayDeque<Spare> idleOnDemand = new ArrayDeque<>();

    /** The one that became ready first is first. */
    private final ArrayDeque<Spare> freshOnDemand = new ArrayDeque<>();

    private final Deadline idleDeadline;

    IdleWorkers(Engine engine, Supplier<PoolSettings> settings) {
        this.engine = engine;
        this.settings = settings;
        this.idleDeadline = new Deadline(engine, this::endSpareWorkers);
    }

    /** Whether a worker is idle. */
    boolean hasAny() {
        return hasUsed() || hasFresh();
    }

    /** Whether a worker is idle that has run a task. */
    boolean hasUsed() {
        return !idlePersistent.isEmpty() || !idleOnDemand.isEmpty();
    }

    /** Whether a worker is idle that has run none. */
    boolean hasFresh() {
        return !freshPersistent.isEmpty() || !freshOnDemand.isEmpty();
    }

    /** How many are idle. */
    int count() {
        return idlePersistent.size() + idleOnDemand.size() + fresh();
    }

    /** How many workers are idle that have run no task. */
    int fresh() {
        return freshPersistent.size() + freshOnDemand.size();
    }

    /** One of the idle workers that have run no task; it stays. */
    @Nullable Worker someFresh() {
        Spare spare = freshOnDemand.peekFirst();
        return spare == null ? freshPersistent.peekFirst() : spare.worker();
    }

    /** Takes out an idle worker for a task that any may run; there must be one. */
    Worker take() {
        if (!idlePersistent.isEmpty()) {
            return idlePersistent.remove();
        }
        if (!freshPersistent.isEmpty()) {
            return freshPersistent.remove();
        }
        return idleOnDemand.isEmpty()
                ? freshOnDemand.remove().worker()
                : idleOnDemand.remove().worker();
    }

    /** Takes out an idle worker that has run no task; there must be one. */
    Worker takeFresh() {
        return freshOnDemand.isEmpty() ? freshPersistent.remove() : freshOnDemand.remove().worker();
    }

    /** Takes out the idle worker that has run tasks and is needed least; there must be one. */
    Worker takeLeastNeeded() {
        return idleOnDemand.isEmpty()
                ? idlePersistent.removeLast()
                : idleOnDemand.removeLast().worker();
    }

    /**
     * Keeps an idle worker that no task needs now; an on-demand one ends when it has been kept for
     * {@code worker_idle_ms}.
     */
    void park(Worker worker) {
        boolean isFresh = worker.isFresh();
        if (worker.name().persistent()) {
            (isFresh ? freshPersistent : idlePersistent).addFirst(worker);
        } else if (settings.get().isolatesTasks()) {
            freshOnDemand.addLast(new Spare(worker, engine.nanoTime()));
        } else if (!patience().isZero()) {
            Spare spare = new Spare(worker, engine.nanoTime());
            if (isFresh) {
                freshOnDemand.addLast(spare);
            } else {
                idleOnDemand.addFirst(spare);
            }
            if (!idleDeadline.isArmed()) {
                idleDeadline.arm(patience());
            }
        } else {
            worker.end(EndReason.EXITED);
        }
    }

    /** {@code worker} is idle no longer. */
    void remove(Worker worker) {
        if (worker.name().persistent()) {
            idlePersistent.remove(worker);
            freshPersistent.remove(worker);
        } else {
            idleOnDemand.removeIf(spare -> spare.worker() == worker);
            freshOnDemand.removeIf(spare -> spare.worker() == worker);
        }
    }

    /** Whether {@code worker} is here. */
    boolean has(Worker worker) {
        return idlePersistent.contains(worker)
                || freshPersistent.contains(worker)
                || idleOnDemand.stream().anyMatch(spare -> spare.worker() == worker)
                || freshOnDemand.stream().anyMatch(spare -> spare.worker() == worker);
    }

    private Duration patience() {
        return settings.get().recycling().idle();
    }

    /** Ends the on-demand workers that have been kept for long enough. */
    void endSpareWorkers() {
        if (settings.get().isolatesTasks()) {
            return;
        }
        long now = engine.nanoTime();
        while (isOver(idleOnDemand.peekLast(), now)) {
            idleOnDemand.removeLast().worker().end(EndReason.EXITED);
        }
        while (isOver(freshOnDemand.peekFirst(), now)) {
            freshOnDemand.removeFirst().worker().end(EndReason.EXITED);
        }
        long left =
                Math.min(left(idleOnDemand.peekLast(), now), left(freshOnDemand.peekFirst(), now));
        if (left < Long.MAX_VALUE) {
            idleDeadline.arm(Duration.ofNanos(left));
        }
    }

    private boolean isOver(@Nullable Spare spare, long now) {
        return spare != null && now - spare.since() >= patience().toNanos();
    }

    private long left(@Nullable Spare spare, long now) {
        return spare == null ? Long.MAX_VALUE : patience().toNanos() - (now - spare.since());
    }

    /** Ends so many of the fresh on-demand workers that are idle. */
    void endFresh(int count) {
        for (int i = 0; i < count && !freshOnDemand.isEmpty(); i++) {
            freshOnDemand.removeLast().worker().end(EndReason.EXITED);
        }
    }

    /** Forgets all of them. */
    void close() {
        idlePersistent.clear();
        freshPersistent.clear();
        idleOnDemand.clear();
        freshOnDemand.clear();
        idleDeadline.close();
    }
}
