package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.WorkerName;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Slot}s of the persistent workers, one for each of {@code fixed_workers}.
 *
 * <p>A slot is filled by one worker. When that has ended, the next one is started at once or after
 * a delay. When it is replaced without having ended, its successor boots beside it and takes over
 * once it is ready; so no task waits for the boot. Each replacement is counted by its {@link
 * EndReason}.
 *
 * <p>Owned by the engine's thread.
 */
final class Slots {

    /** How long a new slot waits before it looks for room again. */
    private static final Duration ROOM_AGAIN = Duration.ofMillis(50);

    /** The processes that fill slots. */
    interface Processes {

        /** Starts a worker from the present command. */
        Worker launch(WorkerName name);

        /** Whether {@code worker} was started from the present command. */
        boolean isCurrent(Worker worker);

        /** Whether one more process keeps within {@code max_workers}. */
        boolean hasRoom();

        /** Ends an on-demand worker that is idle, if there is one. */
        void makeRoom();
    }

    private final Engine engine;
    private final Supplier<PoolSettings> settings;
    private final Processes processes;
    private final Map<String, Slot> byName = new LinkedHashMap<>();
    private final Map<EndReason, Long> replaced = new EnumMap<>(EndReason.class);
    private boolean isClosed;

    /** The slots that the settings ask for, all of them empty. */
    Slots(Engine engine, Supplier<PoolSettings> settings, Processes processes) {
        this.engine = engine;
        this.settings = settings;
        this.processes = processes;
        int places = settings.get().isolatesTasks() ? 0 : settings.get().fixed();
        for (int number = 1; number <= places; number++) {
            add(number);
        }
    }

    private Slot add(int number) {
        Slot slot = new Slot(name(number));
        byName.put(slot.name.value(), slot);
        return slot;
    }

    private WorkerName name(int number) {
        return WorkerName.persistent(settings.get().prefix(), number);
    }

    // Which there are

    int size() {
        return byName.size();
    }

    List<Slot> all() {
        return List.copyOf(byName.values());
    }

    /** Whether {@code worker} fills a slot, or boots for one. */
    boolean has(Worker worker) {
        return slotOf(worker) != null;
    }

    private @Nullable Slot slotOf(Worker worker) {
        Slot slot = byName.get(worker.name().value());
        return slot != null && slot.has(worker) ? slot : null;
    }

    /** Slots whose next worker is started later: their places are not for on-demand workers. */
    int vacant() {
        int vacant = 0;
        for (Slot slot : byName.values()) {
            vacant += slot.awaitsRestart() ? 1 : 0;
        }
        return vacant;
    }

    /** How often a worker was replaced, by {@link EndReason#label}; each reason is there. */
    Map<String, Long> restarts() {
        Map<String, Long> restarts = new LinkedHashMap<>();
        for (EndReason reason : EndReason.values()) {
            restarts.put(reason.label(), replaced.getOrDefault(reason, 0L));
        }
        return restarts;
    }

    private void count(EndReason reason) {
        replaced.merge(reason, 1L, Long::sum);
    }

    /** Has {@code places} slots from now on; workers without one retire. */
    void resize(int places) {
        for (int number = byName.size() + 1; number <= places && !isClosed; number++) {
            fillOnceThereIsRoom(add(number));
        }
        while (byName.size() > places) {
            remove(Objects.requireNonNull(byName.remove(name(byName.size()).value())));
        }
    }

    private static void remove(Slot slot) {
        slot.cancelRestart();
        slot.retire(EndReason.SCALED);
    }

    // Filling

    /** Starts a worker in every slot that has none, also where one is to be started later. */
    void fillAll() {
        for (Slot slot : byName.values()) {
            if (slot.worker() == null) {
                fill(slot);
            }
        }
    }

    /** Starts a worker in every slot that has none and for which none is to be started later. */
    void fillEmpty() {
        byName.values().stream().filter(Slot::isEmpty).forEach(this::fill);
    }

    private void fill(Slot slot) {
        if (!isClosed) {
            slot.fill(processes.launch(slot.name));
        }
    }

    /** On-demand workers may take all places: one that is idle makes room. */
    private void fillOnceThereIsRoom(Slot slot) {
        if (processes.hasRoom()) {
            fill(slot);
            return;
        }
        processes.makeRoom();
        slot.scheduleRestart(engine, ROOM_AGAIN, () -> fillOnceThereIsRoom(slot));
    }

    /**
     * {@code gone} fills no slot any longer.
     *
     * @return whether a slot needs a new worker for that
     */
    boolean vacate(Worker gone, EndReason reason) {
        Slot slot = slotOf(gone);
        if (slot == null) {
            return false;
        }
        boolean isSuccessor = slot.isSuccessor(gone);
        boolean isEmpty = slot.vacate(gone);
        if (!isSuccessor && !isEmpty) {
            count(reason); // by the successor that boots
        }
        return isEmpty && !isClosed;
    }

    /**
     * Starts the next worker of an empty slot after {@code delay}, which counts as a restart.
     *
     * @param name of the slot
     */
    void refill(WorkerName name, Duration delay, EndReason reason) {
        Slot slot = byName.get(name.value());
        if (slot == null) {
            return;
        }
        count(reason);
        if (delay.isZero()) {
            fill(slot);
        } else if (!isClosed) {
            slot.scheduleRestart(engine, delay, () -> fill(slot));
        }
    }

    // Successors

    /** Whether a successor of {@code worker} boots. */
    boolean hasSuccessor(Worker worker) {
        Slot slot = slotOf(worker);
        return slot != null && slot.hasSuccessor();
    }

    /**
     * Starts a successor of {@code worker}, if it fills a slot and has none; it goes on until that
     * is ready.
     */
    void prepareSuccessor(Worker worker, EndReason reason) {
        Slot slot = slotOf(worker);
        if (slot != null && !slot.hasSuccessor()) {
            prepareSuccessor(slot, reason);
        }
    }

    /** The same for the worker of {@code slot}. */
    void prepareSuccessor(Slot slot, EndReason reason) {
        slot.prepare(processes.launch(slot.name), reason);
    }

    /** {@code worker} is ready for its first task: a successor takes over its slot. */
    void onReady(Worker worker) {
        Slot slot = slotOf(worker);
        if (slot != null && slot.isSuccessor(worker)) {
            takeOver(slot, worker, slot.replacement());
        }
    }

    /**
     * Gives a slot to {@code newcomer}, which is ready.
     *
     * <p>The worker before retires. One that has tasks left to its limit may run them, so that the
     * limit is exact; unless it runs old code.
     */
    void takeOver(Slot slot, Worker newcomer, EndReason reason) {
        Worker before = slot.worker();
        Worker surplus = slot.takeOver(newcomer);
        count(reason);
        if (surplus != null) {
            surplus.retire(reason);
        }
        if (before != null
                && (reason != EndReason.RECYCLED_TASKS || !processes.isCurrent(before))) {
            before.retire(reason);
        }
    }

    /** Starts no worker from now on. */
    void close() {
        isClosed = true;
        byName.values().forEach(Slot::cancelRestart);
    }
}
