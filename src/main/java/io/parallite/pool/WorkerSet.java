package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.ResidentMemory;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerTransport;
import io.parallite.worker.EndReason;
import io.parallite.worker.Recycling;
import io.parallite.worker.RecyclingMonitor;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerOwner;
import io.parallite.worker.WorkerSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which workers there are: the one owner of every process, from its launch until it is known to be
 * gone.
 *
 * <h2>Kinds</h2>
 *
 * <p>Persistent workers fill {@link Slot}s. A persistent worker that can be replaced without hurry
 * stays in its slot until its successor has booted, so that no task waits for the boot. On-demand
 * workers fill none: they are there for a peak.
 *
 * <h2>Command</h2>
 *
 * <p>What workers are started from is found once, and anew by each {@link Reload}, which adopts it
 * here. Whether a worker is old is asked of the worker itself, whatever slot it fills or not.
 *
 * <p>Owned by the engine's thread.
 */
final class WorkerSet {

    /** How much earlier than another's a worker's age limit may be, lest all end at once. */
    private static final double TTL_JITTER = 0.2;

    /** How long a new slot waits before it looks for room again. */
    private static final Duration ROOM_AGAIN = Duration.ofMillis(50);

    private final Engine engine;
    private final WorkerTransport transport;
    private final Supplier<PoolSettings> settings;
    private final RandomGenerator random;
    private final WorkerOwner owner;

    private final Set<Worker> all = new LinkedHashSet<>();
    private final Map<String, Slot> slots = new LinkedHashMap<>();

    /** Those that are idle, and were parked. */
    final IdleWorkers idle;

    private final Map<EndReason, Long> replaced = new EnumMap<>(EndReason.class);
    private final SlowTasks slowTasks;
    private WorkerCommand command;
    private long lastTimestamp;
    private int lent;
    private boolean isClosed;

    /**
     * A set without workers.
     *
     * @param random for the jitter of age limits
     * @param owner of every worker
     */
    WorkerSet(
            Engine engine,
            WorkerTransport transport,
            Supplier<PoolSettings> settings,
            RandomGenerator random,
            WorkerOwner owner) {
        this.engine = engine;
        this.transport = transport;
        this.settings = settings;
        this.random = random;
        this.owner = owner;
        this.command = transport.command();
        this.idle = new IdleWorkers(engine, settings);
        this.slowTasks = new SlowTasks(engine, () -> settings.get().slowTask(), this::all);
        int places = settings.get().isolatesTasks() ? 0 : settings.get().fixed();
        for (int number = 1; number <= places; number++) {
            WorkerName name = WorkerName.persistent(settings.get().prefix(), number);
            slots.put(name.value(), new Slot(name));
        }
    }

    // All of them

    /** How many processes there are, in whatever state. */
    int size() {
        return all.size();
    }

    /** All processes, as of now. */
    List<Worker> all() {
        return new ArrayList<>(all);
    }

    int count(Predicate<Worker> condition) {
        int count = 0;
        for (Worker worker : all) {
            count += condition.test(worker) ? 1 : 0;
        }
        return count;
    }

    /** Whether a worker is there or boots. */
    boolean hasProspect() {
        return all.stream().anyMatch(worker -> worker.isStarting() || worker.isInService());
    }

    /** How many more processes there may be beside those that there are or will be. */
    int room() {
        return Math.max(0, settings.get().max() + lent - all.size() - vacant());
    }

    /** There may be so many more processes than the settings say. */
    void lend(int places) {
        lent = places;
    }

    /** How many processes too many there are; one that ends is none any more. */
    int excess() {
        int most = settings.get().max() + lent;
        return all.size() <= most ? 0 : Math.max(0, count(worker -> !worker.isEnding()) - most);
    }

    /** Ends an idle worker that fills no slot; {@code false} when there is none. */
    boolean retireIdle() {
        for (Worker worker : all) {
            if (worker.isIdle() && idle.has(worker) && slotOf(worker) == null) {
                idle.remove(worker);
                worker.retire(EndReason.EXITED);
                return true;
            }
        }
        return false;
    }

    List<WorkerSnapshot> snapshots() {
        return all.stream().map(Worker::snapshot).toList();
    }

    /** {@code worker} is gone. */
    void remove(Worker worker) {
        all.remove(worker);
        idle.remove(worker);
    }

    // Launching

    /** Starts workers from {@code found} from now on. */
    void adopt(WorkerCommand found) {
        command = found;
        transport.adopt(found);
    }

    /** Starts an on-demand worker. */
    Worker launchOnDemand() {
        return launchOnDemand(command);
    }

    Worker launchOnDemand(WorkerCommand what) {
        lastTimestamp = Math.max(lastTimestamp + 1, engine.epochMillis());
        boolean isReusable = !settings.get().isolatesTasks();
        return launch(
                WorkerName.onDemand(settings.get().prefix(), lastTimestamp, isReusable), what);
    }

    /** Starts a worker from {@code what}. */
    Worker launch(WorkerName name, WorkerCommand what) {
        Worker worker = new Worker(name, what, engine, owner, recyclingMonitor());
        all.add(worker);
        worker.start(transport);
        return worker;
    }

    private RecyclingMonitor recyclingMonitor() {
        Recycling limits = settings.get().recycling();
        double share = 1 - TTL_JITTER * random.nextDouble();
        Duration ttl = Duration.ofNanos((long) (limits.ttl().toNanos() * share));
        return new RecyclingMonitor(engine, limits, ttl, ResidentMemory::bytes);
    }

    // Idle workers

    /** How many are parked. */
    int idle() {
        return idle.count();
    }

    boolean hasIdle() {
        return idle.hasAny();
    }

    /** Whether one is parked that has run no task. */
    boolean hasFreshIdle() {
        return idle.hasFresh();
    }

    /** Takes out one that any task may have; there must be one. */
    Worker takeIdle() {
        return idle.take();
    }

    /** Takes out one that has run no task; there must be one. */
    Worker takeFreshIdle() {
        return idle.takeFresh();
    }

    /** {@code worker} is idle, and no task needs it now. */
    void park(Worker worker) {
        idle.park(worker);
    }

    /** {@code worker} is idle no longer. */
    void unpark(Worker worker) {
        idle.remove(worker);
    }

    /** Parks idle workers that nobody has, but those that {@code isHeld}, and fills empty slots. */
    void reclaimLost(Predicate<Worker> isHeld) {
        for (Worker worker : all()) {
            if (worker.isIdle() && !idle.has(worker) && !isHeld.test(worker)) {
                idle.park(worker);
            }
        }
        slots.values().stream().filter(Slot::isEmpty).forEach(this::fill);
    }

    // Slots

    /** The slots of the persistent workers. */
    List<Slot> slots() {
        return List.copyOf(slots.values());
    }

    /** The slot that {@code worker} fills or boots for; {@code null} when there is none. */
    @Nullable Slot slotOf(Worker worker) {
        Slot slot = slots.get(worker.name().value());
        return slot != null && slot.has(worker) ? slot : null;
    }

    /** Slots whose next worker is started later: their places are not for on-demand workers. */
    int vacant() {
        int vacant = 0;
        for (Slot slot : slots.values()) {
            vacant += slot.awaitsRestart() ? 1 : 0;
        }
        return vacant;
    }

    /** Starts the persistent workers. */
    void start() {
        fillAll();
        slowTasks.start();
    }

    /** The settings have changed. */
    void onConfigured() {
        idle.endSpareWorkers();
        slowTasks.start();
    }

    /** {@code worker} has sent the stack of its task. */
    void onStack(Worker worker, byte[] frame) {
        slowTasks.onStack(worker, frame);
    }

    /** Starts a worker in every slot that has none, also where one is to be started later. */
    void fillAll() {
        for (Slot slot : slots.values()) {
            if (slot.worker() == null) {
                fill(slot);
            }
        }
    }

    /** Has {@code places} slots from now on; workers without one retire. */
    void resize(int places) {
        for (int number = slots.size() + 1; number <= places && !isClosed; number++) {
            WorkerName name = WorkerName.persistent(settings.get().prefix(), number);
            Slot slot = new Slot(name);
            slots.put(name.value(), slot);
            fillOnceThereIsRoom(slot);
        }
        while (slots.size() > places) {
            WorkerName name = WorkerName.persistent(settings.get().prefix(), slots.size());
            remove(Objects.requireNonNull(slots.remove(name.value())));
        }
    }

    private void remove(Slot slot) {
        slot.cancelRestart();
        for (Worker worker : all()) {
            if (slot.has(worker)) {
                worker.retire(EndReason.SCALED);
            }
        }
    }

    /** On-demand workers may take all places: one that is idle makes room. */
    private void fillOnceThereIsRoom(Slot slot) {
        if (all.size() < settings.get().max()) {
            fill(slot);
            return;
        }
        all().stream()
                .filter(worker -> worker.isIdle() && slotOf(worker) == null)
                .findFirst()
                .ifPresent(worker -> worker.retire(EndReason.SCALED));
        slot.scheduleRestart(engine, ROOM_AGAIN, () -> fillOnceThereIsRoom(slot));
    }

    private void fill(Slot slot) {
        if (!isClosed) {
            slot.fill(launch(slot.name, command));
        }
    }

    /**
     * Starts the next worker of an empty slot after {@code delay}, which counts as a restart.
     *
     * @param name of the slot
     */
    void refill(WorkerName name, Duration delay, EndReason reason) {
        Slot slot = slots.get(name.value());
        if (slot == null) {
            return;
        }
        replaced.merge(reason, 1L, Long::sum);
        if (delay.isZero()) {
            fill(slot);
        } else if (!isClosed) {
            slot.scheduleRestart(engine, delay, () -> fill(slot));
        }
    }

    /** Whether {@code worker} fills a slot. */
    boolean fillsSlot(Worker worker) {
        return slotOf(worker) != null;
    }

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
        slot.prepare(launch(slot.name, command), reason);
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
        replaced.merge(reason, 1L, Long::sum);
        if (surplus != null) {
            surplus.retire(reason);
        }
        if (before != null && (reason != EndReason.RECYCLED_TASKS || !before.runs(command))) {
            before.retire(reason);
        }
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
            replaced.merge(reason, 1L, Long::sum); // by the successor that boots
        }
        return isEmpty && !isClosed;
    }

    /** How often a worker was replaced, by {@link EndReason#label}; each reason is there. */
    Map<String, Long> restarts() {
        Map<String, Long> restarts = new LinkedHashMap<>();
        for (EndReason reason : EndReason.values()) {
            restarts.put(reason.label(), replaced.getOrDefault(reason, 0L));
        }
        return restarts;
    }

    // The end

    /** Starts no worker from now on; those without a task end, the others after theirs. */
    void dismiss() {
        isClosed = true;
        slots.values().forEach(Slot::cancelRestart);
        for (Worker worker : all()) {
            if (worker.isStarting()) {
                worker.kill(EndReason.EXITED);
            } else if (worker.isIdle()) {
                worker.end(EndReason.EXITED);
            }
        }
        idle.close();
        slowTasks.close();
    }
}
