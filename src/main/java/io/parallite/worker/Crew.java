package io.parallite.worker;

import io.parallite.engine.Engine;
import io.parallite.task.TaskException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The workers of a pool: starts them, keeps the idle ones, and replaces those that end.
 *
 * <p>Persistent workers fill numbered slots and are replaced when they end: at once when we ended
 * them or they ended in good order, after a growing delay when they crash. A process counts against
 * the maximum until it is known to be gone. Owned by the engine's thread.
 */
final class Crew implements Worker.Owner {

    private static final Logger LOG = Logger.getLogger(Crew.class);

    /** Who has work for the crew. */
    interface Employer {

        /** A worker is free: lease it, or {@link Crew#park} it. */
        void onFree(Worker worker);

        /** A worker is gone, so that others may be wanted. */
        void onGone();

        /** No worker is there or on its way, and starting one has just failed. */
        void onCannotStart(TaskException why);
    }

    private final Engine engine;
    private final WorkerTransport transport;
    private final PoolSettings settings;
    private final PoolSizing sizing;
    private final Employer employer;

    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final Set<Worker> workers = new LinkedHashSet<>();
    private final ArrayDeque<Worker> idle = new ArrayDeque<>();
    private final StartFailures failures;
    private int starting;
    private long lastFreed;
    private long lastTimestamp;
    private boolean dismissed;
    private @Nullable Runnable onEmpty;

    Crew(
            Engine engine,
            WorkerTransport transport,
            PoolSettings settings,
            RandomGenerator random,
            Employer employer) {
        this.engine = engine;
        this.transport = transport;
        this.settings = settings;
        this.employer = employer;
        this.sizing = new PoolSizing(settings.max());
        this.failures = new StartFailures(engine, new Backoff(random));
        for (int number = 1; number <= settings.fixed(); number++) {
            WorkerName name = WorkerName.persistent(settings.prefix(), number);
            slots.put(name.value(), new Slot(name, new Backoff(random)));
        }
    }

    /** Starts the persistent workers, side by side. */
    void start() {
        slots.values().forEach(this::fill);
    }

    /** How many processes there are, of whatever state. */
    int size() {
        return workers.size();
    }

    boolean hasIdle() {
        return !idle.isEmpty();
    }

    /** Takes the worker that was last parked out of the idle ones; there must be one. */
    Worker takeIdle() {
        return idle.remove();
    }

    /** Keeps a free worker that nobody needs now; an on-demand one ends. */
    void park(Worker worker) {
        if (worker.name().persistent()) {
            idle.addFirst(worker);
        } else {
            worker.end(); // what it was started for has been served by another
        }
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

    /** How many tasks are soon served without having to wait for one another. */
    int capacity() {
        return idle.size() + starting + sizing.headroom(workers.size());
    }

    /** Why no task can be served now; {@code null} when one can, or will be. */
    @Nullable TaskException failure() {
        TaskException failure = failures.current();
        return failure == null || hasProspect() ? null : failure;
    }

    /** How many on-demand workers would be worth their price; see {@link PoolSizing#growth}. */
    int growth(long oldestWaits) {
        return sizing.growth(engine.nanoTime() - lastFreed, oldestWaits);
    }

    /** Starts up to {@code most} on-demand workers, for tasks that no starting worker will take. */
    void grow(int most, int waitingTasks) {
        if (failures.current() != null) {
            return;
        }
        int unserved = Math.min(most, waitingTasks - starting);
        int wanted = Math.min(unserved, sizing.headroom(workers.size() + vacantSlots()));
        for (int i = 0; i < wanted; i++) {
            lastTimestamp = Math.max(lastTimestamp + 1, engine.epochMillis());
            launch(WorkerName.onDemand(settings.prefix(), lastTimestamp));
        }
    }

    /** Slots whose next worker waits for its delay: their places are not for on-demand workers. */
    private int vacantSlots() {
        int vacant = 0;
        for (Slot slot : slots.values()) {
            if (slot.restart != null) {
                vacant++;
            }
        }
        return vacant;
    }

    private void launch(WorkerName name) {
        Worker worker = new Worker(name, engine, this);
        workers.add(worker);
        starting++;
        worker.start(transport);
    }

    private void fill(Slot slot) {
        if (!dismissed) {
            launch(slot.name);
        }
    }

    private void fillAfter(Slot slot, Duration delay) {
        slot.cancelRestart();
        slot.restarts++;
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

    @Override
    public void onIdle(Worker worker) {
        long now = engine.nanoTime();
        if (worker.busySince() == 0) {
            starting--;
            failures.onStarted();
            sizing.onStarted(now - worker.launchedAt());
        } else {
            sizing.onServed(now - worker.busySince());
        }
        lastFreed = now;
        if (dismissed) {
            worker.end();
        } else {
            employer.onFree(worker);
        }
    }

    @Override
    public void onEnding(Worker worker) {
        idle.remove(worker);
    }

    @Override
    public void onStartFailed(Worker worker, TaskException why) {
        starting--;
        forget(worker);
        onNoStart(slots.get(worker.name().value()), why);
    }

    @Override
    public void onGone(Worker worker, WorkerEnding ending) {
        if (worker.busySince() == 0 && worker.pid() == 0) {
            starting--;
        }
        forget(worker);
        Slot slot = slots.get(worker.name().value());
        if (slot != null) {
            slot.onEnded(worker.served(), worker.brokeProtocol());
        }
        String fault = worker.ownFault(ending);
        boolean cannotStart = !worker.wasProven() && !worker.wasKilledFromOutside(ending);
        if (fault != null && (cannotStart || slot != null && slot.isFutile())) {
            onNoStart(
                    slot,
                    new WorkerStartException(
                            "worker %s %s before it answered a task; check worker_script and php_includes"
                                    .formatted(worker.name(), fault)));
            return;
        }
        if (slot != null && !dismissed) {
            replace(worker, ending, slot);
        }
        employer.onGone();
    }

    private void replace(Worker worker, WorkerEnding ending, Slot slot) {
        boolean inOrder =
                worker.wasKilled()
                        || worker.hadAnnouncedEnd()
                        || worker.served() > 0 && ending.exitStatus() == 0;
        Duration delay = inOrder ? Duration.ZERO : slot.backoff.next();
        LOG.logf(
                inOrder ? Logger.Level.DEBUG : Logger.Level.WARN,
                "worker is replaced in %d ms: it %s worker=%s pid=%d",
                delay.toMillis(),
                ending.describe(),
                worker.name(),
                worker.pid());
        fillAfter(slot, delay);
    }

    /** A worker was not to be had; when there is no other in sight, those who wait are told why. */
    private void onNoStart(@Nullable Slot slot, TaskException why) {
        if (dismissed) {
            return;
        }
        Duration delay = failures.onFailed(why, slot == null ? null : slot.backoff);
        if (slot != null) {
            fillAfter(slot, delay);
        }
        TaskException verdict = failure();
        if (verdict != null) {
            employer.onCannotStart(verdict);
        } else {
            employer.onGone();
        }
    }

    private void forget(Worker worker) {
        workers.remove(worker);
        idle.remove(worker);
        tellIfEmpty();
    }

    /**
     * Starts nobody any more; workers without a task end, the others when they have done theirs.
     */
    void dismiss() {
        dismissed = true;
        slots.values().forEach(Slot::cancelRestart);
        for (Worker worker : new ArrayList<>(workers)) {
            if (worker.state() == WorkerState.STARTING) {
                worker.kill();
            } else if (worker.state() == WorkerState.IDLE) {
                worker.end();
            }
        }
        idle.clear();
    }

    /** Kills all workers, failing their tasks, and tells once the last process is gone. */
    void abort(TaskException why, Runnable whenEmpty) {
        onEmpty =
                () -> {
                    transport.close();
                    whenEmpty.run();
                };
        for (Worker worker : new ArrayList<>(workers)) {
            worker.abort(why);
        }
        tellIfEmpty();
    }

    private void tellIfEmpty() {
        Runnable tell = onEmpty;
        if (workers.isEmpty() && tell != null) {
            onEmpty = null;
            tell.run();
        }
    }

    /** The crew as it is now, beside a queue of {@code queued} tasks. */
    PoolSnapshot snapshot(int queued) {
        List<PoolSnapshot.WorkerSnapshot> list = new ArrayList<>(workers.size());
        int[] byState = new int[WorkerState.values().length];
        for (Worker worker : workers) {
            byState[worker.state().ordinal()]++;
            list.add(worker.snapshot());
        }
        long restarts = 0;
        for (Slot slot : slots.values()) {
            restarts += slot.restarts;
        }
        return new PoolSnapshot(
                settings.fixed(),
                settings.max(),
                byState[WorkerState.IDLE.ordinal()],
                byState[WorkerState.BUSY.ordinal()],
                byState[WorkerState.STARTING.ordinal()],
                byState[WorkerState.ENDING.ordinal()],
                queued,
                restarts,
                failures.lastWords(),
                List.copyOf(list));
    }
}
