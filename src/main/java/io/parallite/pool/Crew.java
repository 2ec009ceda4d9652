package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerTransport;
import io.parallite.task.TaskException;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerOwner;
import io.parallite.worker.WorkerState;
import io.smallrye.mutiny.Uni;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The workers of a pool: starts them, keeps the idle ones, and replaces those that end.
 *
 * <p>Persistent workers fill {@link Slots} and are replaced when they end: at once when we ended
 * them or they ended in good order, after a growing delay when they crash. A process counts against
 * the maximum until it is known to be gone. Owned by the engine's thread.
 */
final class Crew implements WorkerOwner {

    private static final Logger LOG = Logger.getLogger(Crew.class);

    /** Who has work for the crew. */
    interface Employer {

        /** A worker is free: lease it, or {@link Crew#park} it. */
        void onFree(Worker worker);

        /** Whether a worker has gone on to its next task; see {@link WorkerOwner#hasGoneOn}. */
        boolean hasGoneOn(Worker worker);

        /** A worker ends after its task. */
        void onRetiring(Worker worker);

        /** A worker ends now, or is gone. */
        void onLeaving(Worker worker);

        /** A worker is gone, so that others may be wanted. */
        void onGone();

        /** Workers may be started again, some time after a start has failed. */
        void onMayStart();

        /** No worker is there or on its way, and starting one has just failed. */
        void onCannotStart(TaskException why);
    }

    private final Engine engine;
    private final WorkerTransport transport;
    private final PoolSettings settings;
    private final PoolSizing sizing;
    private final Employer employer;
    private final Slots slots;
    private final Roster roster;
    private final Recruiter recruiter;
    private final Reloads reloads;
    private final @Nullable SlowTasks slowTasks;
    private final StartFailures failures;
    private final Succession succession;
    private long lastFreed;
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
        this.roster = new Roster(engine, settings.recycling().idle());
        this.recruiter = new Recruiter(engine, transport, settings, random);
        this.sizing = new PoolSizing(settings.max());
        this.failures = new StartFailures(engine, new Backoff(random), employer::onMayStart);
        this.slots = new Slots(engine, settings, random, name -> launch(name, recruiter.command()));
        this.reloads =
                new Reloads(
                        engine,
                        transport,
                        settings.max(),
                        slots,
                        roster,
                        recruiter,
                        this::launch,
                        employer::onFree);
        this.succession = new Succession(slots, roster, reloads, failures, employer);
        this.slowTasks =
                settings.slowTask().isPositive()
                        ? new SlowTasks(engine, settings.slowTask(), roster::all)
                        : null;
    }

    /** Starts the persistent workers, side by side. */
    void start() {
        slots.fillAll();
        if (slowTasks != null) {
            slowTasks.start();
        }
    }

    /** How many processes there are, of whatever state. */
    int size() {
        return roster.size();
    }

    boolean hasIdle() {
        return !roster.idle().isEmpty();
    }

    /** Takes the worker that was last parked out of the idle ones; there must be one. */
    Worker takeIdle() {
        return roster.idle().take();
    }

    /** Keeps a free worker that nobody needs now; an on-demand one that may not stay ends. */
    void park(Worker worker) {
        if (worker.name().reusable()) {
            roster.idle().park(worker);
        } else {
            worker.end(); // what it was started for has been served by another
        }
    }

    /** Whether a worker is there or on its way. */
    boolean hasProspect() {
        return roster.hasProspect();
    }

    /** How many tasks are soon served without having to wait for one another. */
    int capacity() {
        return roster.idle().size() + roster.starting() + sizing.headroom(roster.size());
    }

    /** Why no task can be served now; {@code null} when one can, or will be. */
    @Nullable TaskException failure() {
        return succession.failure();
    }

    /** How long a task mostly keeps its worker, in nanoseconds. */
    long typicalTaskNanos() {
        return sizing.typicalTaskNanos();
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
        int unserved = Math.min(most, waitingTasks - roster.starting());
        int wanted = Math.min(unserved, room());
        for (int i = 0; i < wanted; i++) {
            launch(recruiter.nextOnDemand(), recruiter.command());
        }
    }

    /** How many more processes there may be beside those that there are or will be. */
    private int room() {
        return sizing.headroom(roster.size() + slots.vacant());
    }

    private Worker launch(WorkerName name, WorkerCommand what) {
        Worker worker = recruiter.hire(name, what, this);
        roster.onLaunched(worker);
        recruiter.start(worker);
        return worker;
    }

    @Override
    public void onIdle(Worker worker) {
        long now = engine.nanoTime();
        boolean isNew = worker.busySince() == 0;
        if (isNew) {
            roster.onStartSettled();
            failures.onStarted();
            sizing.onStarted(now - worker.launchedAt());
            slots.onReady(worker);
        } else {
            sizing.onServed(now - worker.busySince());
        }
        lastFreed = now;
        if (worker.lookahead().hasTaken()) {
            employer.onFree(worker);
        } else if (dismissed) {
            worker.end();
        } else if (reloads.letsWork(worker)) {
            employer.onFree(worker);
        }
    }

    @Override
    public boolean hasGoneOn(Worker worker) {
        return employer.hasGoneOn(worker);
    }

    @Override
    public void onRetiring(Worker worker) {
        employer.onRetiring(worker);
    }

    @Override
    public void onEnding(Worker worker) {
        roster.idle().remove(worker);
        employer.onLeaving(worker);
    }

    @Override
    public void onWorn(Worker worker, EndReason reason) {
        Slot slot = slots.of(worker);
        boolean endsByItself = reason == EndReason.RECYCLED_TASKS;
        if (slot != null && (slot.successor != null || failures.current() != null)) {
            return; // it is being replaced, or a worn worker is better than none
        }
        if (slot != null && room() > 0) {
            slots.prepare(slot, reason);
        } else if (!endsByItself) {
            worker.retire(reason);
        }
    }

    @Override
    public void onStack(Worker worker, byte[] frame) {
        if (slowTasks != null) {
            slowTasks.onStack(worker, frame);
        }
    }

    @Override
    public long startNanos() {
        return sizing.typicalStartNanos();
    }

    @Override
    public void onStartFailed(Worker worker, TaskException why) {
        roster.onStartSettled();
        forget(worker);
        succession.onStartFailed(worker, why);
    }

    @Override
    public void onGone(Worker worker, WorkerExit ending) {
        employer.onLeaving(worker);
        if (worker.busySince() == 0 && worker.pid() == 0) {
            roster.onStartSettled();
        }
        forget(worker);
        succession.onGone(worker, ending);
    }

    private void forget(Worker worker) {
        roster.remove(worker);
        tellIfEmpty();
    }

    /** Replaces all workers by new ones, as {@link WorkerPool#reload} says. */
    Uni<ReloadOutcome> reload() {
        return reloads.reload();
    }

    /**
     * Starts nobody any more; workers without a task end, the others when they have done theirs.
     */
    void dismiss() {
        dismissed = true;
        succession.close();
        slots.close();
        if (slowTasks != null) {
            slowTasks.close();
        }
        reloads.stop();
        for (Worker worker : roster.all()) {
            if (worker.state() == WorkerState.STARTING) {
                worker.kill();
            } else if (worker.state() == WorkerState.IDLE) {
                worker.end();
            }
        }
        roster.idle().clear();
    }

    /** Kills all workers, failing their tasks, and tells once the last process is gone. */
    void abort(TaskException why, Runnable whenEmpty) {
        onEmpty =
                () -> {
                    transport.close();
                    whenEmpty.run();
                };
        for (Worker worker : roster.all()) {
            worker.abort(why);
        }
        tellIfEmpty();
    }

    private void tellIfEmpty() {
        Runnable tell = onEmpty;
        if (roster.size() == 0 && tell != null) {
            onEmpty = null;
            tell.run();
        }
    }

    /**
     * What is wrong when a task waits now: a worker has nothing to do, or none is there and none
     * will be. {@code null} when nothing is wrong.
     */
    @Nullable String wedge() {
        int free = roster.count(WorkerState.IDLE);
        if (free > reloads.onProbation()) {
            return "workers are idle beside waiting tasks idle=%d parked=%d workers=%d"
                    .formatted(free, roster.idle().size(), roster.size());
        }
        boolean isHopeless =
                roster.size() == 0 && slots.vacant() == 0 && failures.current() == null;
        return isHopeless ? "there is no worker and none is about to start" : null;
    }

    /** Parks idle workers that nobody has. */
    void reclaimLost() {
        roster.reclaimLost(reloads::isCanary);
        slots.fillForgotten();
    }

    /** The crew as it is now, beside a queue of {@code queued} tasks. */
    PoolSnapshot snapshot(int queued, long oldestQueuedMillis, long wedges) {
        return new PoolSnapshot(
                settings.fixed(),
                settings.max(),
                roster.count(WorkerState.IDLE),
                roster.count(WorkerState.BUSY),
                roster.count(WorkerState.STARTING),
                roster.count(WorkerState.ENDING),
                roster.answering(),
                queued,
                oldestQueuedMillis,
                slots.restarts(),
                wedges,
                dismissed,
                reloads.isRunning(),
                failures.lastWords(),
                roster.snapshots());
    }
}
