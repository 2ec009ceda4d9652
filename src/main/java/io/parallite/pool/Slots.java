package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.WorkerName;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The places of the persistent workers: who fills each, who takes over, when the next one starts,
 * and how often that happened and why.
 *
 * <p>A worker that can be replaced at leisure stays until its successor has booted, so that no task
 * waits for the boot. A worker that has been superseded fills no slot: what becomes of it is of no
 * consequence here. Owned by the engine's thread.
 */
final class Slots {

    private final Engine engine;
    private final Function<WorkerName, Worker> launch;
    private final Map<String, Slot> byName = new LinkedHashMap<>();
    private final Map<EndReason, Long> replaced = new EnumMap<>(EndReason.class);
    private boolean closed;

    /**
     * @param launch starts a worker of that name
     */
    Slots(
            Engine engine,
            PoolSettings settings,
            RandomGenerator random,
            Function<WorkerName, Worker> launch) {
        this.engine = engine;
        this.launch = launch;
        for (int number = 1; number <= settings.fixed(); number++) {
            WorkerName name = WorkerName.persistent(settings.prefix(), number);
            byName.put(name.value(), new Slot(name, new Backoff(random)));
        }
    }

    Collection<Slot> all() {
        return byName.values();
    }

    /** The slot that {@code worker} fills or is to fill; {@code null} for any other worker. */
    @Nullable Slot of(Worker worker) {
        Slot slot = byName.get(worker.name().value());
        return slot != null && (slot.worker == worker || slot.successor == worker) ? slot : null;
    }

    /** Slots whose next worker waits for its delay: their places are not for on-demand workers. */
    int vacant() {
        int vacant = 0;
        for (Slot slot : byName.values()) {
            if (slot.restart != null) {
                vacant++;
            }
        }
        return vacant;
    }

    /** Starts a worker in every slot that has none and is not about to get one. */
    void fillAll() {
        for (Slot slot : byName.values()) {
            if (slot.worker == null) {
                slot.cancelRestart();
                fill(slot);
            }
        }
    }

    /** Starts a worker in every slot that has lost its own without anybody noticing. */
    void fillForgotten() {
        for (Slot slot : byName.values()) {
            if (slot.worker == null && slot.restart == null) {
                fill(slot);
            }
        }
    }

    private void fill(Slot slot) {
        if (!closed) {
            slot.worker = launch.apply(slot.name);
        }
    }

    /** Starts the next worker of a slot that has lost its worker, which counts as a restart. */
    void refill(Slot slot, Duration delay, EndReason reason) {
        slot.cancelRestart();
        replaced.merge(reason, 1L, Long::sum);
        if (delay.isZero()) {
            fill(slot);
            return;
        }
        slot.restart =
                engine.schedule(
                        delay,
                        () -> {
                            slot.restart = null;
                            fill(slot);
                        });
    }

    /** Starts a successor; the slot's worker goes on until it is there. */
    void prepare(Slot slot, EndReason reason) {
        slot.succession = reason;
        slot.successor = launch.apply(slot.name);
    }

    /** A worker is ready for its first task: if it is a successor, it takes its slot over. */
    void onReady(Worker worker) {
        Slot slot = of(worker);
        if (slot != null && slot.successor == worker) {
            slot.successor = null;
            takeOver(slot, worker, slot.succession);
        }
    }

    /** Gives a slot to {@code newcomer}, which is ready, in place of whoever has it. */
    void takeOver(Slot slot, Worker newcomer, EndReason reason) {
        Worker predecessor = slot.worker;
        slot.worker = newcomer;
        slot.cancelRestart();
        replaced.merge(reason, 1L, Long::sum);
        if (slot.successor != null) {
            Worker surplus = slot.successor;
            slot.successor = null;
            surplus.retire(reason);
        }
        // One that has a task left may run it: its limit is exact, whenever the successor came.
        if (predecessor != null && reason != EndReason.RECYCLED_TASKS) {
            predecessor.retire(reason);
        }
    }

    /**
     * A worker of this slot is gone.
     *
     * @return whether the slot needs a new one, and does not have a successor for it
     */
    boolean vacate(Slot slot, Worker gone, EndReason reason) {
        if (slot.successor == gone) {
            slot.successor = null;
            return false;
        }
        slot.worker = slot.successor;
        slot.successor = null;
        if (slot.worker == null) {
            return true;
        }
        replaced.merge(reason, 1L, Long::sum);
        return false;
    }

    /** Starts nobody any more. */
    void close() {
        closed = true;
        byName.values().forEach(Slot::cancelRestart);
    }

    /** How often a worker was replaced, by {@link EndReason#label}; each reason is there. */
    Map<String, Long> restarts() {
        Map<String, Long> restarts = new LinkedHashMap<>();
        for (EndReason reason : EndReason.values()) {
            restarts.put(reason.label(), replaced.getOrDefault(reason, 0L));
        }
        return restarts;
    }
}
