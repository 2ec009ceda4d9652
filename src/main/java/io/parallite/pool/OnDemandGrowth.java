package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerHistory;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Starts on-demand workers while tasks wait that any worker may run, as many as {@link PoolSizing}
 * finds worth their start; {@link FreshGrowth} starts those for isolated tasks.
 *
 * <p>Looks when a task is queued, when a worker has become ready or is gone, and every few
 * milliseconds while tasks wait. Nothing is started during the pause after a failed start, nor
 * while a worker waits for memory for its reply.
 *
 * <p>A worker that speaks over standard streams does not say when its script is ready: it gets its
 * task as soon as its process exists. Until it has answered, it counts as starting for as long as a
 * start usually takes; its first answer, less a typical task, measures that.
 *
 * <p>Owned by the engine's thread.
 */
final class OnDemandGrowth implements PoolGrowth {

    /** A look that comes so much too late shows that the engine's thread was held up. */
    private static final Duration HELD_UP = Duration.ofMillis(2);

    private static final Duration SOON = Duration.ofMillis(1);

    private final Engine engine;
    private final WorkerSet workers;
    private final TaskQueue queue;
    private final BooleanSupplier mayStart;
    private final PoolSizing sizing;
    private final FreshGrowth fresh;
    private final Deadline nextLook;
    private long lastFreed;
    private long lookDue;
    private boolean wasHeldUp;
    private boolean isClosed;

    OnDemandGrowth(
            Engine engine,
            WorkerSet workers,
            TaskQueue queue,
            BooleanSupplier mayStart,
            PoolSizing sizing,
            FreshGrowth fresh) {
        this.engine = engine;
        this.workers = workers;
        this.queue = queue;
        this.mayStart = mayStart;
        this.sizing = sizing;
        this.fresh = fresh;
        this.nextLook = new Deadline(engine, this::onLook);
        this.lastFreed = engine.nanoTime();
    }

    @Override
    public void onReady(Worker worker) {
        if (worker.history().isProven()) {
            onStarted(worker.history().nanosSinceLaunch());
        } else {
            sizing.onUnseenStart();
        }
        if (workers.count(Worker::isInService) == 1) {
            lastFreed = engine.nanoTime(); // until now there was none that could have come free
        }
    }

    @Override
    public void onServed(Worker worker) {
        lastFreed = engine.nanoTime();
        if (worker.hasWaitedForRoom()) {
            return;
        }
        WorkerHistory history = worker.history();
        boolean mayHaveBooted = history.served() == 1 && !worker.hasSaidReady();
        if (!mayHaveBooted || hadBooted(history)) {
            sizing.onServed(history.nanosSinceLease());
        } else if (sizing.hasServed()) {
            onStarted(history.nanosSinceLaunch() - sizing.typicalTaskNanos());
        }
    }

    private void onStarted(long nanos) {
        sizing.onStarted(nanos, 1 + workers.count(Worker::isStarting) + workers.count(this::boots));
    }

    /** Whether a worker that does not say when it is ready must have been when it got its task. */
    private boolean hadBooted(WorkerHistory history) {
        return history.leasedAt() - history.launchedAt() >= sizing.typicalStartNanos();
    }

    /**
     * Whether a worker has been given its first task and is likely to boot still: where a process
     * speaks over standard streams, its script does not say when it is ready.
     */
    private boolean boots(Worker worker) {
        return worker.isBusy()
                && !worker.isDedicated()
                && !worker.history().isProven()
                && worker.history().nanosSinceLaunch() < sizing.typicalStartNanos();
    }

    @Override
    public void onLeased(boolean isIsolated) {
        fresh.onLeased(isIsolated);
    }

    @Override
    public void onIdleFault(Duration delay) {
        fresh.onIdleFault(delay);
    }

    @Override
    public PoolSizing sizing() {
        return sizing;
    }

    @Override
    public boolean hasFreshProspect() {
        return fresh.hasFreshProspect();
    }

    @Override
    public boolean lacksRoom() {
        return fresh.lacksRoom();
    }

    @Override
    public boolean lacksRoomInTurn() {
        return fresh.lacksRoomInTurn();
    }

    @Override
    public void grow() {
        fresh.grow();
        growOrdinary();
        fresh.makeRoom();
    }

    private void growOrdinary() {
        if (queue.ordinary() > 0) {
            launchWanted();
            if (mayLaunch() && !nextLook.isArmed()) {
                lookAgainIn(sizing.nextLook(stuckNanos()));
            }
        }
    }

    private void lookAgainIn(Duration delay) {
        lookDue = engine.nanoTime() + delay.toNanos();
        nextLook.arm(delay);
    }

    /**
     * When the thread was held up, replies of workers may have come that it has not read yet: then
     * it reads them first.
     */
    private void onLook() {
        wasHeldUp = !wasHeldUp && engine.nanoTime() - lookDue > HELD_UP.toNanos();
        if (wasHeldUp) {
            lookAgainIn(SOON);
        } else {
            growOrdinary();
        }
    }

    /**
     * Whether a worker can be started for a task that waits; {@link #grow} follows when that
     * changes.
     */
    private boolean mayLaunch() {
        return !isClosed
                && workers.room() > 0
                && mayStart.getAsBoolean()
                && queue.peek(false) != null;
    }

    /** For how long tasks have waited without any worker having come free after a task. */
    private long stuckNanos() {
        Waiter<?> oldest = queue.oldestOrdinary();
        long now = engine.nanoTime();
        return oldest == null ? 0 : Math.min(now - oldest.since, now - lastFreed);
    }

    private void launchWanted() {
        if (!mayLaunch()) {
            return;
        }
        if (workers.count(Worker::hasWaitedForRoom) > 0) {
            lastFreed = engine.nanoTime(); // clients do not read: others would wait for them, too
            return;
        }
        int booting = workers.count(this::boots); // with tasks that wait for it
        int serving = workers.count(worker -> worker.isInService() && !worker.isDedicated());
        int starting = Math.max(0, workers.count(Worker::isStarting) - queue.isolated());
        int growth =
                sizing.growth(
                        queue.ordinary() + booting,
                        serving - booting,
                        starting + booting,
                        stuckNanos());
        int wanted = Math.min(growth, workers.room());
        for (int i = 0; i < wanted; i++) {
            workers.launchOnDemand();
        }
    }

    @Override
    public void close() {
        isClosed = true;
        fresh.close();
        nextLook.close();
    }
}
