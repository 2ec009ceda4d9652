package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Has fresh workers for isolated tasks: workers of which each runs one such task and ends. All
 * tasks are isolated with {@code isolation=task}, else those that ask for it.
 *
 * <h2>Ready workers</h2>
 *
 * <p>As many are ready as isolated tasks come while one starts, twice over, so that a task waits
 * for none; and with {@code isolation=task} at least {@code fixed_workers}. Those that were taken
 * are replaced in one go, once half of them are gone or a moment has passed: that is cheaper for a
 * {@link io.parallite.process.WorkerTransport} that forks. Each waiting task has one started
 * besides. {@code max_workers} bounds all processes, {@code ready_memory_mb} what ready ones hold.
 * Those that are too many after a peak end within {@link #SURPLUS_LOOK}.
 *
 * <h2>Room for them</h2>
 *
 * <p>As long as there are fewer than {@code max_workers} processes, fresh workers are started
 * beside the others. Then a worker that has run tasks ends to make room when more isolated tasks
 * wait than fresh workers are on their way: at once when it is idle; when it has become free and
 * other tasks wait, too, only if an isolated task is next in turn, and as long as isolated tasks
 * have no more than half of the workers. So neither kind can starve the other. Nothing makes room
 * while no worker can be started.
 *
 * <p>Owned by the engine's thread.
 */
final class FreshGrowth implements PoolGrowth {

    /** How often it is looked for workers that are too many. */
    static final Duration SURPLUS_LOOK = Duration.ofSeconds(10);

    /** How long workers that were taken may go without being replaced. */
    private static final Duration FILL_DELAY = Duration.ofMillis(20);

    private static final long RATE_WINDOW = Duration.ofSeconds(1).toNanos();
    private static final int TWICE = 2;

    /** Isolated tasks may have one of so many workers while other tasks wait. */
    private static final int SHARE = 2;

    /**
     * What is ready when nothing is to be done.
     *
     * @param atLeast how many workers
     * @param most how many the rate of tasks may make of them
     */
    record Ready(int atLeast, int most) {}

    private final Engine engine;
    private final WorkerSet workers;
    private final TaskQueue queue;
    private final BooleanSupplier mayStart;
    private final PoolSizing sizing;
    private final Supplier<Ready> ready;
    private final Deadline surplusLook;
    private final Deadline penalty;
    private final Deadline fill;
    private long windowSince;
    private int leasedInWindow;
    private double perSecond;
    private boolean isClosed;

    FreshGrowth(
            Engine engine,
            WorkerSet workers,
            TaskQueue queue,
            BooleanSupplier mayStart,
            PoolSizing sizing,
            Supplier<Ready> ready) {
        this.engine = engine;
        this.workers = workers;
        this.queue = queue;
        this.mayStart = mayStart;
        this.sizing = sizing;
        this.ready = ready;
        this.surplusLook = new Deadline(engine, this::onSurplusLook);
        this.penalty = new Deadline(engine, this::topUp);
        this.fill = new Deadline(engine, () -> launchMissing(true));
        this.windowSince = engine.nanoTime();
    }

    @Override
    public void start() {
        topUp();
        watchSurplus();
    }

    private void watchSurplus() {
        if (!isClosed && !surplusLook.isArmed() && target() > 0) {
            surplusLook.arm(SURPLUS_LOOK);
        }
    }

    @Override
    public void onReady(Worker worker) {
        sizing.onStarted(
                worker.history().nanosSinceLaunch(), 1 + workers.count(Worker::isStarting));
    }

    @Override
    public void onLeased(boolean isIsolated) {
        if (isIsolated) {
            leasedInWindow++;
            topUp();
            watchSurplus();
        }
    }

    /** Measures how many tasks come in a second, when one is over. */
    private void closeWindow() {
        long now = engine.nanoTime();
        long lasted = now - windowSince;
        if (lasted >= RATE_WINDOW) {
            perSecond = (double) leasedInWindow * RATE_WINDOW / lasted;
            leasedInWindow = 0;
            windowSince = now;
        }
    }

    /** How many are to be ready. */
    private int target() {
        Ready wanted = ready.get();
        if (wanted.most() <= wanted.atLeast()) {
            return wanted.atLeast();
        }
        closeWindow();
        double comeMeanwhile =
                Math.max(perSecond, leasedInWindow) * sizing.typicalStartNanos() / RATE_WINDOW;
        int byRate = (int) Math.ceil(TWICE * comeMeanwhile);
        return Math.max(wanted.atLeast(), Math.min(wanted.most(), byRate));
    }

    private void topUp() {
        launchMissing(false);
    }

    /**
     * @param isFilling whether also a few are enough
     */
    private void launchMissing(boolean isFilling) {
        if (isClosed || !mayStart.getAsBoolean()) {
            return;
        }
        int waiting = queue.servableIsolated();
        int target = penalty.isArmed() ? 0 : target();
        int there = workers.idle.fresh() + workers.count(Worker::isStarting);
        int missing = Math.min(waiting + target - there, workers.room());
        if (isFilling || there < waiting || there - waiting <= target / TWICE) {
            for (int i = 0; i < missing; i++) {
                workers.launchOnDemand();
            }
        } else if (missing > 0 && !fill.isArmed()) {
            fill.arm(FILL_DELAY);
        }
    }

    @Override
    public void onIdleFault(Duration delay) {
        penalty.arm(delay);
    }

    private void onSurplusLook() {
        workers.idle.endFresh(workers.idle.fresh() - target());
        watchSurplus();
    }

    @Override
    public PoolSizing sizing() {
        return sizing;
    }

    @Override
    public void grow() {
        topUp();
        makeRoom();
    }

    // Room for fresh workers

    @Override
    public boolean hasFreshProspect() {
        return workers.idle.hasFresh() || workers.count(Worker::isStarting) > 0;
    }

    @Override
    public boolean lacksRoom() {
        return queue.isolated() > 0
                && workers.room() == 0
                && mayStart.getAsBoolean()
                && queue.servableIsolated() > coming();
    }

    /** Ends idle workers that must. */
    void makeRoom() {
        while (lacksRoom() && workers.idle.hasUsed()) {
            workers.idle.takeLeastNeeded().retire(EndReason.ISOLATED);
        }
    }

    /** Fresh workers that are idle or on their way; an ending worker is replaced by one. */
    private int coming() {
        return workers.idle.fresh()
                + workers.count(worker -> worker.isStarting() || worker.isEnding());
    }

    @Override
    public boolean lacksRoomInTurn() {
        return lacksRoom() && (queue.peek(false) == null || isInTurn());
    }

    private boolean isInTurn() {
        int mostForIsolated = Math.max(1, workers.max() / SHARE);
        Waiter<?> next = queue.peek(true);
        return next != null
                && next.isIsolated
                && coming() + workers.count(Worker::isDedicated) < mostForIsolated;
    }

    @Override
    public void close() {
        isClosed = true;
        surplusLook.close();
        penalty.close();
        fill.close();
    }
}
