package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.worker.Worker;

/**
 * Starts on-demand workers while tasks wait, as many as {@link PoolSizing} finds worth their start.
 *
 * <p>Looks when a task is queued, and again when no worker has come free for as long as a start
 * takes. When no worker serves or boots, waiting can bring nothing, and workers are started at
 * once. Nothing is started during the pause after a failed start, nor while a worker waits for
 * memory for its reply. Owned by the engine's thread.
 */
final class OnDemandGrowth implements PoolGrowth {

    private final Engine engine;
    private final WorkerSet workers;
    private final TaskQueue queue;
    private final RestartPolicy restarts;
    private final PoolSizing sizing;
    private final Deadline nextLook;
    private long lastFreed;
    private boolean isClosed;

    /**
     * @param processors how many processes can run at once
     */
    OnDemandGrowth(
            Engine engine,
            WorkerSet workers,
            TaskQueue queue,
            RestartPolicy restarts,
            int processors) {
        this.engine = engine;
        this.workers = workers;
        this.queue = queue;
        this.restarts = restarts;
        this.sizing = new PoolSizing(processors);
        this.nextLook = new Deadline(engine, this::onLook);
    }

    @Override
    public void onReady(long nanos) {
        sizing.onStarted(nanos, 1 + workers.count(Worker::isStarting));
    }

    @Override
    public void onServed(Worker worker) {
        lastFreed = engine.nanoTime();
        if (!worker.hasWaitedForRoom()) {
            sizing.onServed(lastFreed - worker.busySince());
        }
    }

    @Override
    public PoolSizing sizing() {
        return sizing;
    }

    @Override
    public void onQueued(int prefetched) {
        onWorkersChanged();
        grow(0, prefetched);
    }

    @Override
    public void onWorkersChanged() {
        if (queue.size() > 0 && !workers.hasProspect()) {
            launch(queue.size());
        }
        scheduleLook();
    }

    private void scheduleLook() {
        if (mayLaunch() && !nextLook.isArmed()) {
            nextLook.arm(sizing.nextLook(stuckNanos()));
        }
    }

    /** Whether a worker can be started for a task that waits; {@link #onWorkersChanged} follows. */
    private boolean mayLaunch() {
        return !isClosed && workers.room() > 0 && restarts.pause() == null && queue.isServable();
    }

    private void onLook() {
        if (queue.size() > 0) {
            grow(stuckNanos(), 0);
            scheduleLook();
        }
    }

    /** For how long tasks have waited without any worker having come free after a task. */
    private long stuckNanos() {
        Waiter<?> oldest = queue.oldest();
        long now = engine.nanoTime();
        return oldest == null ? 0 : Math.min(now - oldest.since, now - lastFreed);
    }

    private void grow(long stuckNanos, int prefetched) {
        if (workers.count(Worker::hasWaitedForRoom) > 0) {
            lastFreed =
                    engine.nanoTime(); // the clients hold the workers up: others would wait, too
            return;
        }
        int starting = workers.count(Worker::isStarting);
        int serving = workers.count(Worker::isInService);
        int backlog = queue.size() + prefetched - starting;
        launch(sizing.growth(backlog, serving + starting, stuckNanos));
    }

    private void launch(int most) {
        if (most <= 0 || !mayLaunch()) {
            return;
        }
        int wanted = Math.min(most, workers.room());
        for (int i = 0; i < wanted; i++) {
            workers.launchOnDemand();
        }
    }

    @Override
    public void close() {
        isClosed = true;
        nextLook.close();
    }
}
