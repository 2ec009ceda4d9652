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
 * <p>There are {@code fixed_workers} persistent workers, each in one of the {@link Slots}.
 * On-demand workers come on top, for a peak, up to {@code max_workers} processes in all; a process
 * that ends counts until it is gone.
 *
 * <h2>Queue</h2>
 *
 * <p>A task gets a worker at once when one is idle and no other task waits; else it waits in the
 * {@link TaskQueue}, in the {@link Lane} of its client. {@link Admission} decides which tasks may
 * wait; the queue times them out. {@link Assignment} keeps the invariant that no worker is idle
 * beside a waiting task that it may serve.
 *
 * <h2>Sizing</h2>
 *
 * <p>Whenever tasks wait, {@link PoolGrowth} compares the wait with the start of a worker. When no
 * worker serves or starts, one is started at once. Where each task is to have a worker of its own,
 * {@link FreshGrowth} keeps some ready.
 *
 * <h2>Restarts, recycling, reload</h2>
 *
 * <p>The {@link Supervisor} keeps the persistent workers running. {@link RestartPolicy} says when a
 * worker that has ended is replaced, and when no task can be served because none starts. A worker
 * over a limit of its own ({@code worker_max_tasks}, …) gets a successor, and retires when that is
 * ready. {@link Reload} does the same with all of them.
 *
 * <h2>Prefetch</h2>
 *
 * <p>{@link Prefetch} may send the frames of waiting tasks to busy workers ahead of time. A worker
 * that has taken one is idle for a moment only, and is then leased for that task.
 *
 * <p>Owned by the engine's thread.
 */
public final class WorkerPool {

    private static final Logger LOG = Logger.getLogger(WorkerPool.class);

    private final Engine engine;
    private final WorkerTransport transport;
    private PoolSettings settings;
    final WorkerSet workers;
    private final TaskQueue queue;
    private final Prefetch prefetch;
    private final PoolGrowth growth;
    private final Supervisor supervisor;
    private final Admission admission;
    private final Assignment assignment;
    private @Nullable Runnable onEmpty;

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
        this.queue =
                new TaskQueue(engine, settings.queueTimeout(), workers::size, this::onLaneReleased);
        this.growth =
                PoolGrowth.of(
                        engine, this::settings, workers, queue, this::mayStartWorkers, processors);
        this.prefetch = prefetching.create(queue, this::onTasksReturned);
        this.supervisor = new Supervisor(engine, transport, workers, growth, random, this::onFree);
        this.admission = new Admission(this::settings, workers, queue, prefetch, supervisor);
        this.assignment = new Assignment(engine, workers, queue, prefetch, growth, supervisor);
    }

    private PoolSettings settings() {
        return settings;
    }

    private boolean mayStartWorkers() {
        return supervisor.mayStart();
    }

    /** Starts the persistent workers, side by side. */
    public void start() {
        workers.start();
        growth.start();
    }

    /** Runs {@code action} whenever a worker has become idle and no task waits for it. */
    public void onSpare(Runnable action) {
        assignment.onSpare(action);
    }

    /** Runs {@code action} whenever one more task waits for a worker. */
    public void onWaiting(Runnable action) {
        assignment.onWaiting(action);
    }

    /** How many workers are idle while no task waits. */
    public int spareWorkers() {
        return queue.size() == 0 && !admission.isClosed() ? workers.idle() : 0;
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

    /** How long a task may run that sets no {@code timeout_ms}. */
    public Duration taskTimeout() {
        return settings.timeout();
    }

    /** {@code max_workers}, without those that {@link #allowExtra} adds. */
    public int maxWorkers() {
        return settings.max();
    }

    /**
     * Allows {@code places} workers beyond {@code max_workers}, for as many workers whose tasks
     * only wait for tasks of their own. When the number falls, surplus workers end once they are
     * free.
     */
    public void allowExtra(int places) {
        workers.allowExtra(places);
        workers.retireExcess();
    }

    private <T> Uni<T> lease(
            Task task,
            Lane lane,
            long since,
            Consumer<Waiter<?>> admit,
            Function<WorkerLease, Uni<T>> work) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Waiter<T> waiter =
                                    new Waiter<>(
                                            task, lane, since, isIsolated(task), work, emitter);
                            emitter.onTermination(() -> onCancelled(waiter));
                            admit.accept(waiter);
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
        if (assignment.serveAtOnce(waiter)) {
            return;
        }
        TaskException refusal = admission.refusal(waiter.isIsolated);
        if (refusal != null) {
            waiter.refuse(refusal);
            return;
        }
        queue.add(waiter);
        assignment.onQueued();
    }

    private void admitAgain(Waiter<?> waiter) {
        TaskException refusal = admission.refusalOfRetry(waiter.isIsolated);
        if (refusal != null) {
            waiter.refuse(refusal);
            return;
        }
        queue.addFirst(waiter);
        assignment.onQueued();
    }

    private void onTasksReturned() {
        if (admission.isClosed()) {
            admission.refuseWaiting();
        } else {
            assignment.onQueued();
        }
    }

    private void onLaneReleased() {
        assignment.onLaneReleased();
    }

    private void onFree(Worker worker) {
        assignment.onFree(worker);
    }

    // Overflow to other machines

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
            boolean isNew = worker.isFresh();
            supervisor.onIdle(worker);
            if (worker.hasNext()) {
                onFree(worker);
            } else if (admission.isClosed()) {
                worker.end(EndReason.EXITED);
            } else if (supervisor.admits(worker)) {
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
            supervisor.onRecyclable(worker, reason);
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
            onRestarted(supervisor.onStartFailed(worker, why));
        }

        @Override
        public void onGone(Worker worker, WorkerEnd end) {
            prefetch.onLeaving(worker);
            remove(worker);
            onRestarted(supervisor.onGone(worker, end));
        }

        private void onRestarted(boolean mayBeOutage) {
            if (mayBeOutage) {
                admission.refuseUnservable();
            }
            growth.grow();
        }
    }

    private void remove(Worker worker) {
        workers.remove(worker);
        stopIfEmpty();
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
            assignment.onQueued();
        }
    }

    /**
     * Keeps {@code fixed} persistent workers from now on: starts missing ones, and retires surplus
     * ones after their tasks.
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
        LOG.infof("workers are scaled fixed_workers=%d before=%d", fixed, workers.persistent());
        supervisor.scale(fixed);
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
        return supervisor.reload();
    }

    /**
     * Runs {@code action} with the settings that a reload has read, when the first new worker is
     * ready and before any other is started.
     */
    public void onReconfigured(Consumer<ConfigUpdate> action) {
        supervisor.onReconfigured(action);
    }

    /**
     * Applies {@code wanted} from now on. New workers get its limits. A {@code fixed} that has not
     * changed keeps the number that {@link #scale} has set. The prefix of names, and whether tasks
     * are isolated, stay as they were.
     */
    public void configure(PoolSettings wanted) {
        PoolSettings before = settings;
        settings = wanted;
        queue.limit(wanted.queueTimeout());
        workers.onConfigured();
        if (!wanted.isolatesTasks()) {
            boolean isAnother = wanted.fixed() != before.fixed();
            workers.resize(
                    isAnother ? wanted.fixed() : Math.min(workers.persistent(), wanted.max()));
        }
        workers.retireExcess();
        growth.grow();
    }

    // Figures

    /** The pool as it is now. */
    public PoolSnapshot snapshot() {
        Waiter<?> oldest = queue.oldest();
        long waits = oldest == null ? 0 : engine.nanoTime() - oldest.since;
        return new PoolSnapshot(
                settings.isolatesTasks() ? settings.fixed() : workers.persistent(),
                settings.max(),
                workers.count(Worker::isIdle),
                workers.count(Worker::isBusy),
                workers.count(Worker::isStarting),
                workers.count(Worker::isEnding),
                supervisor.serving(),
                workers.count(worker -> worker.isInService() && worker.hasAnswered()),
                admission.waiting(),
                settings.maxQueue(),
                admission.capacity(),
                Duration.ofNanos(waits).toMillis(),
                workers.restarts(),
                assignment.wedges(),
                admission.isClosed(),
                queue.isPaused(),
                supervisor.isReloading(),
                transport.template(),
                supervisor.lastFailure(),
                workers.snapshots());
    }

    // The end

    /** Takes no more tasks, refuses those that wait, and lets idle workers end. */
    public void drain() {
        admission.close();
        prefetch.recallAll();
        admission.refuseWaiting();
        prefetch.close();
        queue.close();
        growth.close();
        assignment.close();
        supervisor.close();
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

    private static TaskException aborted() {
        return new TaskException(
                FailureKind.ABORTED,
                "the daemon has stopped, and the task, which may have run in part, was killed; raise shutdown_grace_ms to let it finish");
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
