package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.worker.Worker;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Keeps workers ready of which each runs one isolated task and ends: all tasks are that with {@code
 * isolation=task}, else those that ask for it.
 *
 * <p>As many are ready as isolated tasks come while one starts, twice over, so that a task waits
 * for none; and with {@code isolation=task} at least {@code fixed_workers}. Those that were taken
 * are replaced in one go, once half of them are gone or a moment has passed: that is cheaper for a
 * {@link io.parallite.process.WorkerTransport} that forks. Each waiting task has one started
 * besides. {@code max_workers} bounds all processes, {@code ready_memory_mb} what ready ones hold.
 * Those that are too many after a peak end within {@link #SURPLUS_LOOK}. Owned by the engine's
 * thread.
 */
final class FreshGrowth implements PoolGrowth {

    /** How often it is looked for workers that are too many. */
    static final Duration SURPLUS_LOOK = Duration.ofSeconds(10);

    /** How long workers that were taken may go without being replaced. */
    private static final Duration FILL_DELAY = Duration.ofMillis(20);

    private static final long RATE_WINDOW = Duration.ofSeconds(1).toNanos();
    private static final int TWICE = 2;

    /**
     * What is ready when nothing is to be done.
     *
     * @param atLeast how many workers
     * @param most how many the rate of tasks may make of them
     */
    record Ready(int atLeast, int most) {}

    private final Engine engine;
    private final WorkerSet workers;
    private final BooleanSupplier mayStart;
    private final PoolSizing sizing;
    private final FreshDemand demand;
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
            BooleanSupplier mayStart,
            PoolSizing sizing,
            FreshDemand demand,
            Supplier<Ready> ready) {
        this.engine = engine;
        this.workers = workers;
        this.mayStart = mayStart;
        this.sizing = sizing;
        this.demand = demand;
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
    public void onReady(long nanos) {
        sizing.onStarted(nanos, 1 + workers.count(Worker::isStarting));
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
        int waiting = demand.waiting();
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
    public FreshDemand demand() {
        return demand;
    }

    @Override
    public void grow() {
        topUp();
        demand.makeRoom();
    }

    @Override
    public void close() {
        isClosed = true;
        surplusLook.close();
        penalty.close();
        fill.close();
    }
}
