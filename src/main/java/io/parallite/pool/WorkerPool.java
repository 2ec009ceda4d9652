package io.parallite.pool;

import io.parallite.config.ConfigUpdate;
import io.parallite.engine.Engine;
import io.parallite.process.WorkerTransport;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerEnd;
import io.parallite.worker.WorkerLease;
import io.parallite.worker.WorkerOwner;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The bounded pool of PHP workers and the queue in front of it.
 *
 * <h2>States</h2>
 *
 * <p>Every process is in the {@link WorkerSet} from its launch until it is known to be gone, and in
 * one state of its own; see {@link Worker}. A worker is leased for one task and released once: by
 * the {@link Waiter} that has its lease, when the work with it has ended in whatever way.
 *
 * <h2>Capacity</h2>
 *
 * <p>There are {@code fixed_workers} persistent workers. On-demand workers come on top, for a peak,
 * up to {@code max_workers} processes in all; a process that ends counts until it is gone.
 *
 * <h2>Queue</h2>
 *
 * <p>A task gets a worker at once when one is idle and no other task waits; else it waits in the
 * {@link TaskQueue}, in the {@link Lane} of its client. {@link #withWorker} is where tasks are
 * admitted and refused ({@code QUEUE_FULL}); the queue times them out. An idle worker and a task
 * that may be served never wait side by side; {@link WedgeWatch} checks that.
 *
 * <h2>Sizing</h2>
 *
 * <p>Whenever tasks wait, {@link PoolGrowth} compares the wait with the start of a worker. When no
 * worker is there or boots, one is started at once. Where each task is to have a worker of its own,
 * {@link FreshGrowth} keeps some ready.
 *
 * <h2>Restarts, recycling, reload</h2>
 *
 * <p>{@link RestartPolicy} says when a worker that has ended is replaced, and when no task can be
 * served because none starts. A worker over a limit of its own ({@code worker_max_tasks}, …) gets a
 * successor, and retires when that is ready. {@link Reload} does the same with all of them.
 *
 * <h2>Prefetch</h2>
 *
 * <p>Behind {@link Prefetch}, the frames of waiting tasks may lie with busy workers already. A
 * worker that has taken one is idle for a moment only, and is then leased for that task.
 *
 * <p>Owned by the engine's thread.
 */
public final class WorkerPool {

    private static final Logger LOG = Logger.getLogger(WorkerPool.class);

    private final Engine engine;
    private final WorkerTransport transport;
    private PoolSettings settings;
    final WorkerSet workers;
    private final RestartPolicy restarts;
    private final Reload reload;
    private final TaskQueue queue;
    private final Prefetch prefetch;
    private final WedgeWatch wedge;
    private final PoolGrowth growth;
    private boolean isDraining;
    private @Nullable Runnable onEmpty;
    private Runnable onSpare = () -> {};
    private Runnable onWaiting = () -> {};

    /**
     * A pool that has started nothing yet.
     *
     * @param random for the jitter of restart delays
     */
    public WorkerPool(
            Engine engine,
            WorkerTransport transport,
            PoolSettings settings,
            RandomGenerator random) {
        this(
                engine,
                transport,
                settings,
                random,
                Prefetch.throughPipes(engine),
                Runtime.getRuntime().availableProcessors());
    }

    WorkerPool(
            Engine engine,
            WorkerTransport transport,
            PoolSettings settings,
            RandomGenerator random,
            Prefetch.Factory prefetching,
            int processors) {
        this.engine = engine;
        this.transport = transport;
        this.settings = settings;
        this.workers =
                new WorkerSet(engine, transport, this::settings, random, new WorkerReports());
        this.restarts = new RestartPolicy(engine, random, this::onPauseOver);
        this.reload = new Reload(engine, transport, this::maxWorkers, workers, this::onFree);
        this.queue =
                new TaskQueue(engine, settings.queueTimeout(), workers::size, this::onLaneReleased);
        this.growth = PoolGrowth.of(engine, this::settings, workers, queue, restarts, processors);
        this.prefetch = prefetching.create(queue, this::onTasksReturned);
        this.wedge = new WedgeWatch(engine, this::wedgeSymptom, this::onWedgeLook);
    }

    private PoolSettings settings() {
        return settings;
    }

    /** Starts the persistent workers, side by side. */
    public void start() {
        workers.start();
        growth.start();
    }

    /** Runs {@code action} whenever a worker has become idle and no task waits for it. */
    public void onSpare(Runnable action) {
        onSpare = action;
    }

    /** Runs {@code action} whenever one more task waits for a worker. */
    public void onWaiting(Runnable action) {
        onWaiting = action;
    }

    /** How many workers are idle while no task waits. */
    public int spareWorkers() {
        return queue.size() == 0 && !isDraining ? workers.idle() : 0;
    }

    // Leases

    /** A new lane of the task queue, for one client session. */
    public Lane newLane() {
        return queue.newLane();
    }

    /**
     * Waits for a worker, runs {@code work} with the lease of it, and releases the worker when
     * {@code work} has ended in whatever way.
     *
     * <p>Fails with a {@link TaskException}: {@code QUEUE_FULL}, {@code QUEUE_TIMEOUT}, {@code
     * WORKER_START_FAILED}, {@code SHUTTING_DOWN}, or what {@code work} fails with. Cancelling
     * takes the task out of the queue, or cancels {@code work}.
     */
    public <T> Uni<T> withWorker(Task task, Lane lane, Function<WorkerLease, Uni<T>> work) {
        Lane own = lane.in(queue, task.terms().priority());
        return lease(task, own, engine.nanoTime(), this::admit, work);
    }

    /**
     * The same for a task that has had a worker which ended before it read it: the task goes first
     * in its lane, and a full queue does not refuse it.
     */
    public <T> Uni<T> withAnotherWorker(Task task, Lane lane, Function<WorkerLease, Uni<T>> work) {
        Lane own = lane.in(queue, task.terms().priority());
        return lease(task, own, own.waitsSince(engine.nanoTime()), this::admitAgain, work);
    }

    /** How long a task may run that does not say. */
    public Duration taskTimeout() {
        return settings.timeout();
    }

    /** How many workers there may be, but for those that {@link #lend} adds. */
    public int maxWorkers() {
        return settings.max();
    }

    /**
     * Lets there be so many more workers, since as many do nothing but wait for tasks of their own.
     * Those that are too many when it is fewer end when they are free.
     */
    public void lend(int places) {
        workers.lend(places);
        retireExcess();
    }

    private void retireExcess() {
        while (workers.excess() > 0 && workers.retireIdle()) {
            LOG.debug("an idle worker ends, as there are too many");
        }
    }

    private <T> Uni<T> lease(
            Task task,
            Lane lane,
            long since,
            Consumer<Waiter<?>> admission,
            Function<WorkerLease, Uni<T>> work) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Waiter<T> waiter =
                                    new Waiter<>(
                                            task, lane, since, isIsolated(task), work, emitter);
                            emitter.onTermination(() -> onCancelled(waiter));
                            admission.accept(waiter);
                        });
    }

    private boolean isIsolated(Task task) {
        return settings.isolatesTasks()
                || switch (task.isolation()) {
                    case NONE -> false;
                    case AUTO -> transport.forks();
                    case TASK -> true;
                };
    }

    private void onCancelled(Waiter<?> waiter) {
        if (!waiter.isSettled() && !prefetch.withdraw(waiter)) {
            queue.remove(waiter);
            waiter.settle();
        }
        waiter.cancel();
    }

    // Admission

    private void admit(Waiter<?> waiter) {
        if (isServedAtOnce(waiter)) {
            give(waiter, takeIdle(waiter));
            return;
        }
        TaskException refusal = refusal(waiter);
        if (refusal != null) {
            waiter.refuse(refusal);
            return;
        }
        queue.add(waiter);
        onQueued();
    }

    /** Whether a worker for it is idle, and no other task waits for such a one. */
    private boolean isServedAtOnce(Waiter<?> waiter) {
        boolean isFirst =
                waiter.isIsolated
                        ? workers.hasFreshIdle() && queue.isolated() == 0
                        : workers.hasIdle() && queue.ordinary() == 0;
        return isFirst && !waiter.lane.isHeld() && !queue.isPaused();
    }

    private Worker takeIdle(Waiter<?> waiter) {
        return waiter.isIsolated ? workers.takeFreshIdle() : workers.takeIdle();
    }

    private void admitAgain(Waiter<?> waiter) {
        TaskException refusal = isDraining ? shuttingDown() : startFailure(waiter);
        if (refusal != null) {
            waiter.refuse(refusal);
            return;
        }
        queue.addFirst(waiter);
        onQueued();
    }

    private @Nullable TaskException refusal(Waiter<?> waiter) {
        if (isDraining) {
            return shuttingDown();
        }
        TaskException failure = startFailure(waiter);
        if (failure == null && waiting() >= settings.maxQueue() + capacity()) {
            return queueFull();
        }
        return failure;
    }

    private TaskException queueFull() {
        String more =
                capacity() == 0
                        ? ""
                        : " beside places for %d in workers that are idle or may start"
                                .formatted(capacity());
        return new TaskException(
                FailureKind.QUEUE_FULL,
                "%d tasks are waiting and max_queue=%d%s; submit fewer at once, or raise max_queue or max_workers=%d"
                        .formatted(waiting(), settings.maxQueue(), more, settings.max()));
    }

    /** Why a task cannot be served now; {@code null} when it can, or will be. */
    private @Nullable TaskException startFailure(Waiter<?> waiter) {
        return startFailure(waiter.isIsolated);
    }

    private @Nullable TaskException startFailure(boolean isIsolated) {
        TaskException failure = restarts.pause();
        boolean isHopeful =
                failure == null || (isIsolated ? growth.hasFreshProspect() : workers.hasProspect());
        return isHopeful ? null : failure;
    }

    private int waiting() {
        return queue.size() + prefetch.size();
    }

    /** How many tasks are soon served without having to wait for one another. */
    private int capacity() {
        int more = Math.max(0, settings.max() - workers.size());
        return workers.idle() + workers.count(Worker::isStarting) + more;
    }

    private static TaskException shuttingDown() {
        return new TaskException(
                FailureKind.SHUTTING_DOWN, "the daemon is stopping; submit again when it is back");
    }

    private static TaskException aborted() {
        return new TaskException(
                FailureKind.ABORTED,
                "the daemon has stopped, and the task, which may have run in part, was killed; raise shutdown_grace_ms to let it finish");
    }

    private void onPauseOver() {
        growth.grow();
    }

    // Serving

    private void onQueued() {
        serve();
        if (queue.size() > 0) {
            growth.grow();
            wedge.arm();
            onWaiting.run();
        }
    }

    /** Brings idle workers and waiting tasks together. */
    private void serve() {
        while (workers.hasIdle()) {
            Waiter<?> next = next(workers.hasFreshIdle());
            if (next == null) {
                return;
            }
            give(next, takeIdle(next));
        }
    }

    /**
     * The task that is next, taken out.
     *
     * @param isFresh whether for a worker that has run no task
     */
    private @Nullable Waiter<?> next(boolean isFresh) {
        Waiter<?> next = queue.poll(isFresh);
        while (next == null && prefetch.recallAny()) {
            next = queue.poll(isFresh); // none when their lanes are held
        }
        return next;
    }

    private void give(Waiter<?> waiter, Worker worker) {
        WorkerLease lease;
        try {
            lease = waiter.isIsolated ? worker.leaseIsolated() : leaseWithNext(worker);
        } catch (RuntimeException | Error e) {
            LOG.errorf(e, "a worker could not be leased worker=%s", worker.name());
            waiter.refuse(
                    new TaskException(
                            FailureKind.INTERNAL,
                            "worker %s could not be leased: %s".formatted(worker.name(), e)));
            return;
        }
        waiter.grant(lease);
        if (waiter.isIsolated && workers.room() > 0 && restarts.pause() == null) {
            workers.prepareSuccessor(worker, EndReason.ISOLATED);
        }
        growth.onLeased(waiter.isIsolated);
    }

    /** The next ones first: once it has its task the worker may look for them at any time. */
    private WorkerLease leaseWithNext(Worker worker) {
        if (!growth.lacksRoom()) {
            prefetch.fill(worker, growth.typicalTaskNanos(), workers.size());
        }
        return worker.lease();
    }

    /** A worker is free: it gets the task that waits for one, or is parked, or makes room. */
    private void onFree(Worker worker) {
        if (worker.hasNext()) {
            goOn(worker);
            return;
        }
        prefetch.reclaim(worker);
        if (workers.excess() > 0 && !workers.fillsSlot(worker)) {
            worker.retire(EndReason.EXITED);
            return;
        }
        if (!worker.isFresh() && growth.lacksRoomInTurn()) {
            worker.retire(EndReason.ISOLATED);
            return;
        }
        Waiter<?> next = next(worker.isFresh());
        if (next != null) {
            give(next, worker);
        } else {
            workers.park(worker);
            onSpare.run();
        }
    }

    /** Leases the worker for the task that it has taken by itself. */
    private void goOn(Worker worker) {
        Waiter<?> taken = prefetch.pollTaken(worker);
        if (taken == null) {
            worker.onGarbage("announced a task that it was not given");
        } else if (!taken.isSettled()) {
            give(taken, worker);
        } else if (prefetch.hasTakenNext(worker)) {
            worker.lease().discard(taken.task);
        } else {
            worker.abandonNext(); // nobody wants the task, and it is still at it
        }
    }

    private void onTasksReturned() {
        if (isDraining) {
            Waiter.refuseAll(queue.takeAll(), shuttingDown());
        } else {
            onQueued();
        }
    }

    private void onLaneReleased() {
        serve();
        growth.grow();
    }

    /**
     * Takes the task that waits first in some lane out of the queue, if it has waited for at least
     * {@code waited} and {@code mayLeave}: its work fails with {@link ShedException}.
     *
     * @return whether there was one
     */
    public boolean shed(Duration waited, Predicate<Task> mayLeave) {
        Waiter<?> shed = queue.takeFirst(engine.nanoTime() - waited.toNanos(), mayLeave);
        if (shed == null) {
            return false;
        }
        shed.shed();
        return true;
    }

    /** How long the task has waited that {@link #shed} takes next; empty when there is none. */
    public Optional<Duration> longestWait(Predicate<Task> mayLeave) {
        OptionalLong since = queue.firstSince(mayLeave);
        return since.isEmpty()
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(engine.nanoTime() - since.getAsLong()));
    }

    // What workers report

    private final class WorkerReports implements WorkerOwner {

        @Override
        public void onIdle(Worker worker) {
            long now = engine.nanoTime();
            boolean isNew = worker.busySince() == 0;
            if (isNew) {
                growth.onReady(now - worker.launchedAt());
                restarts.onReady();
                workers.onReady(worker);
            } else {
                growth.onServed(worker);
            }
            if (worker.isProven() && (isNew || worker.served() == 1)) {
                restarts.onProven();
            }
            if (worker.hasNext()) {
                onFree(worker);
            } else if (isDraining) {
                worker.end(EndReason.EXITED);
            } else if (reload.admits(worker)) {
                onFree(worker);
            }
            if (isNew) {
                growth.grow();
            }
        }

        @Override
        public boolean hasTakenNext(Worker worker) {
            return prefetch.hasTakenNext(worker);
        }

        @Override
        public long startNanos() {
            return growth.typicalStartNanos();
        }

        @Override
        public void onRecyclable(Worker worker, EndReason reason) {
            boolean isPersistent = workers.fillsSlot(worker);
            if (isPersistent && (workers.hasSuccessor(worker) || restarts.pause() != null)) {
                return; // it is being replaced, or an old worker is better than none
            }
            if (isPersistent && workers.room() > 0) {
                workers.prepareSuccessor(worker, reason);
            } else if (reason != EndReason.RECYCLED_TASKS) { // that limit it keeps by itself
                worker.retire(reason);
            }
        }

        @Override
        public void onStack(Worker worker, byte[] frame) {
            workers.onStack(worker, frame);
        }

        @Override
        public void onRetiring(Worker worker) {
            prefetch.onRetiring(worker);
        }

        @Override
        public void onEnding(Worker worker) {
            workers.unpark(worker);
            prefetch.onLeaving(worker);
        }

        @Override
        public void onStartFailed(Worker worker, TaskException why) {
            remove(worker);
            if (reload.isCanary(worker)) {
                reload.onCanaryFailed(why.explanation());
                growth.grow();
            } else {
                cannotStart(worker, EndReason.START_FAILED, why);
            }
        }

        @Override
        public void onGone(Worker worker, WorkerEnd end) {
            prefetch.onLeaving(worker);
            remove(worker);
            if (reload.isCanary(worker)) {
                reload.onCanaryFailed(
                        "worker %s %s".formatted(worker.name(), end.exit().describe()));
                growth.grow();
                return;
            }
            switch (restarts.judge(worker, end)) {
                case RestartPolicy.Verdict.CannotStart(EndReason reason, TaskException why) ->
                        cannotStart(worker, reason, why);
                case RestartPolicy.Verdict.Replace(EndReason reason) -> {
                    if (workers.vacate(worker, reason)) {
                        Duration delay = restarts.delay(worker.name(), reason);
                        logReplacement(worker, end, delay);
                        workers.refill(worker.name(), delay, reason);
                    } else if (reason.isFault() && worker.served() == 0) {
                        growth.onIdleFault(restarts.delayAfterUnused());
                    }
                    reload.step();
                    growth.grow();
                }
            }
        }
    }

    private void remove(Worker worker) {
        workers.remove(worker);
        stopIfEmpty();
    }

    /** No worker was to be had: when there is no other in sight, the waiting tasks are refused. */
    private void cannotStart(Worker worker, EndReason reason, TaskException why) {
        if (isDraining) {
            return;
        }
        Duration delay = restarts.onStartFailed(worker.name(), why);
        if (workers.vacate(worker, reason)) {
            workers.refill(worker.name(), delay, reason);
        }
        reload.onStartFailed(why.explanation());
        TaskException failure = startFailure(false);
        TaskException failureOfIsolated = startFailure(true);
        if (failure != null) {
            Waiter.refuseAll(queue.takeAll(), failure);
        } else if (failureOfIsolated != null) {
            Waiter.refuseAll(queue.takeIsolated(), failureOfIsolated);
        }
        growth.grow();
    }

    private static void logReplacement(Worker worker, WorkerEnd end, Duration delay) {
        LOG.logf(
                end.reason().isFault() ? Logger.Level.WARN : Logger.Level.DEBUG,
                "worker is replaced in %d ms: it %s worker=%s pid=%d",
                delay.toMillis(),
                end.exit().describe(),
                worker.name(),
                worker.pid());
    }

    // Control

    /**
     * Gives no waiting task a worker until {@link #resume}; those that run go on. Tasks are still
     * queued, within {@code max_queue}, and time out.
     */
    public void pause() {
        if (!queue.isPaused()) {
            queue.pause(true);
            prefetch.recallAll();
            LOG.info("the queue is paused");
        }
    }

    /** Serves the queue again. */
    public void resume() {
        if (queue.isPaused()) {
            queue.pause(false);
            LOG.info("the queue is served again");
            onQueued();
        }
    }

    /**
     * Keeps so many persistent workers from now on: starts those that lack, and retires those that
     * are too many, once their tasks have ended.
     *
     * @throws TaskException of kind {@link FailureKind#INVALID_REQUEST} for more than {@code
     *     max_workers}, or where each task has a worker of its own
     */
    public void scale(int fixed) {
        if (settings.isolatesTasks() || fixed > settings.max()) {
            throw new TaskException(
                    FailureKind.INVALID_REQUEST,
                    settings.isolatesTasks()
                            ? "workers are not scaled with isolation=task: they follow the tasks"
                            : "fixed_workers=%d exceeds max_workers=%d; raise max_workers and reload"
                                    .formatted(fixed, settings.max()));
        }
        LOG.infof("workers are scaled fixed_workers=%d before=%d", fixed, workers.slots().size());
        workers.resize(fixed);
        reload.step();
        growth.grow();
    }

    // Reload

    /**
     * Replaces all workers by new ones, which run the code that is there now; loses no task.
     *
     * <p>A new worker must boot first, else the old ones stay. The outcome comes when every task
     * runs on a new worker from then on; old workers that are still busy end after their task. A
     * request during a reload gets the outcome of that one. Never fails; cancelling leaves the
     * reload running.
     */
    public Uni<ReloadOutcome> reload() {
        return reload.request();
    }

    /**
     * Has {@code action} make the settings count that a reload has read: with the first new worker,
     * before any other is started.
     */
    public void onReconfigured(Consumer<ConfigUpdate> action) {
        reload.onAdopted(action);
    }

    /**
     * Goes by {@code wanted} from now on. Workers that are started get its limits; a number of
     * persistent workers that has not changed leaves it at what {@link #scale} has made of it. What
     * workers are called, and whether each task has one of its own, does not change.
     */
    public void configure(PoolSettings wanted) {
        PoolSettings before = settings;
        settings = wanted;
        queue.limit(wanted.queueTimeout());
        workers.onConfigured();
        if (!wanted.isolatesTasks()) {
            boolean isAnother = wanted.fixed() != before.fixed();
            workers.resize(
                    isAnother ? wanted.fixed() : Math.min(workers.slots().size(), wanted.max()));
        }
        retireExcess();
        growth.grow();
    }

    // Checks

    /** What keeps tasks waiting that could be served; {@code null} when all is well. */
    private @Nullable String wedgeSymptom() {
        if (!queue.isServable()) {
            return null;
        }
        int free = workers.count(worker -> worker.isIdle() && maySomeTaskHave(worker));
        if (free > reload.onProbation()) {
            return "workers are idle beside waiting tasks idle=%d parked=%d workers=%d queued=%d isolated=%d"
                    .formatted(
                            free, workers.idle(), workers.size(), queue.size(), queue.isolated());
        }
        boolean isHopeless =
                workers.size() == 0 && workers.vacant() == 0 && restarts.pause() == null;
        return isHopeless
                ? "there is no worker and none is about to start queued=" + queue.size()
                : null;
    }

    /** Whether a task waits that {@code worker} may run, or for which it must make room. */
    private boolean maySomeTaskHave(Worker worker) {
        return queue.peek(worker.isFresh()) != null || growth.lacksRoom();
    }

    private void onWedgeLook() {
        if (queue.size() == 0) {
            return;
        }
        workers.reclaimLost(reload::isCanary);
        serve();
        growth.grow();
        wedge.arm();
    }

    /** The pool as it is now. */
    public PoolSnapshot snapshot() {
        Waiter<?> oldest = queue.oldest();
        long waits = oldest == null ? 0 : engine.nanoTime() - oldest.since;
        return new PoolSnapshot(
                settings.isolatesTasks() ? settings.fixed() : workers.slots().size(),
                settings.max(),
                workers.count(Worker::isIdle),
                workers.count(Worker::isBusy),
                workers.count(Worker::isStarting),
                workers.count(Worker::isEnding),
                workers.count(worker -> worker.isInService() && worker.hasAnswered()),
                waiting(),
                settings.maxQueue(),
                capacity(),
                Duration.ofNanos(waits).toMillis(),
                workers.restarts(),
                wedge.count(),
                isDraining,
                queue.isPaused(),
                reload.isRunning(),
                transport.template(),
                restarts.lastFailure(),
                workers.snapshots());
    }

    // The end

    /** Takes no more tasks, refuses those that wait, and lets idle workers end. */
    public void drain() {
        isDraining = true;
        prefetch.recallAll();
        Waiter.refuseAll(queue.takeAll(), shuttingDown());
        prefetch.close();
        queue.close();
        growth.close();
        wedge.close();
        restarts.close();
        reload.stop();
        workers.dismiss();
    }

    /** Drains, kills what still runs and calls {@code whenEmpty} once the last process is gone. */
    public void stop(Runnable whenEmpty) {
        drain();
        onEmpty = whenEmpty;
        for (Worker worker : workers.all()) {
            worker.abort(aborted());
        }
        stopIfEmpty();
    }

    private void stopIfEmpty() {
        Runnable whenEmpty = onEmpty;
        if (workers.size() == 0 && whenEmpty != null) {
            onEmpty = null;
            transport.close();
            whenEmpty.run();
        }
    }
}
