package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerTransport;
import io.parallite.process.resources.ResidentMemory;
import io.parallite.worker.EndReason;
import io.parallite.worker.Recycling;
import io.parallite.worker.RecyclingMonitor;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerOwner;
import io.parallite.worker.WorkerSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/**
 * Which workers there are: the one owner of every process, from its launch until it is known to be
 * gone.
 *
 * <h2>Kinds</h2>
 *
 * <p>Persistent workers fill {@link Slots}. On-demand workers fill none: they are there for a peak.
 * {@link IdleWorkers} holds those of both kinds that no task needs now.
 *
 * <h2>Command</h2>
 *
 * <p>What workers are started from is found once, and anew by each {@link Reload}, which adopts it
 * here. Whether a worker is old is asked of the worker itself, whatever slot it fills or not.
 *
 * <p>Owned by the engine's thread.
 */
final class WorkerSet {

    private static final Logger LOG = Logger.getLogger(WorkerSet.class);

    /** How much earlier than another's a worker's age limit may be, lest all end at once. */
    private static final double TTL_JITTER = 0.2;

    private final Engine engine;
    private final WorkerTransport transport;
    private final Supplier<PoolSettings> settings;
    private final RandomGenerator random;
    private final WorkerOwner owner;

    private final Set<Worker> all = new LinkedHashSet<>();

    /** The places of the persistent ones. */
    final Slots slots;

    /** Those that are idle, and were parked. */
    final IdleWorkers idle;

    private final SlowTasks slowTasks;
    private WorkerCommand command;
    private long lastTimestamp;
    private int extra;

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
        this.slots = new Slots(engine, settings, new SlotProcesses());
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

    /** {@code max_workers}, without those that {@link #allowExtra} adds. */
    int max() {
        return settings.get().max();
    }

    /** How many more processes there may be beside those that there are or will be. */
    int room() {
        return Math.max(0, max() + extra - all.size() - slots.vacant());
    }

    /** Allows {@code places} processes beyond {@code max_workers}. */
    void allowExtra(int places) {
        extra = places;
    }

    /** How many processes too many there are, not counting those that end. */
    private int excess() {
        int most = max() + extra;
        return all.size() <= most ? 0 : Math.max(0, count(worker -> !worker.isEnding()) - most);
    }

    /** Whether {@code worker} fills no slot while there are too many processes. */
    boolean isExcess(Worker worker) {
        return excess() > 0 && !slots.has(worker);
    }

    /** Ends idle workers that fill no slot, as long as there are too many processes. */
    void retireExcess() {
        while (excess() > 0 && retireIdle()) {
            LOG.debug("an idle worker ends, as there are too many");
        }
    }

    private boolean retireIdle() {
        for (Worker worker : all) {
            if (worker.isIdle() && idle.has(worker) && !slots.has(worker)) {
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

    private final class SlotProcesses implements Slots.Processes {

        @Override
        public Worker launch(WorkerName name) {
            return WorkerSet.this.launch(name, command);
        }

        @Override
        public boolean isCurrent(Worker worker) {
            return worker.runs(command);
        }

        @Override
        public boolean hasRoom() {
            return all.size() < max();
        }

        @Override
        public void makeRoom() {
            all().stream()
                    .filter(worker -> worker.isIdle() && !slots.has(worker))
                    .findFirst()
                    .ifPresent(worker -> worker.retire(EndReason.SCALED));
        }
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

    /**
     * Parks idle workers that were lost, except those that {@code isHeld}, and fills empty slots.
     */
    void reclaimLost(Predicate<Worker> isHeld) {
        for (Worker worker : all()) {
            if (worker.isIdle() && !idle.has(worker) && !isHeld.test(worker)) {
                idle.park(worker);
            }
        }
        slots.fillEmpty();
    }

    // Persistent workers

    /** How many persistent workers there are to be. */
    int persistent() {
        return slots.size();
    }

    /** How many of them are started later. */
    int vacant() {
        return slots.vacant();
    }

    /** Keeps so many persistent workers from now on. */
    void resize(int places) {
        slots.resize(places);
    }

    /** How often persistent workers were replaced; see {@link Slots#restarts}. */
    Map<String, Long> restarts() {
        return slots.restarts();
    }

    /** Starts the persistent workers. */
    void start() {
        slots.fillAll();
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

    // The end

    /** Starts no worker from now on; those without a task end, the others after theirs. */
    void dismiss() {
        slots.close();
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
