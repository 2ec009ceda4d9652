package io.parallite.dispatch;

import io.parallite.cluster.Cluster;
import io.parallite.engine.Engine;
import io.parallite.engine.Guard;
import io.parallite.history.Failures;
import io.parallite.history.TaskLog;
import io.parallite.pool.Lane;
import io.parallite.pool.Pools;
import io.parallite.pool.ShedException;
import io.parallite.pool.WorkerPool;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskWatcher;
import io.parallite.wire.RequestException;
import io.parallite.worker.UndeliveredException;
import io.parallite.worker.WorkerLease;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs every task once, and gives its result to each client that asks for it.
 *
 * <h2>Once</h2>
 *
 * <p>{@link KnownTasks} holds the tasks by id. A submit joins a task that is in flight, and is
 * answered with the result of one that is retained; only an id that is neither is run.
 *
 * <h2>Attempts</h2>
 *
 * <p>A task runs on a worker of its pool, under a lease. It is tried on another worker only if the
 * one before ended without having read the request. In a cluster, another node may run it
 * meanwhile; see {@link RemoteRun}.
 *
 * <h2>The end</h2>
 *
 * <p>The state changes first, then the result is given to those who wait, then follows all that is
 * optional: cancelling the tasks that it has submitted, retaining, logging, listeners. Nothing that
 * throws there keeps another part from running.
 *
 * <p>Owned by the engine's thread.
 */
public final class Dispatcher {

    private static final Logger LOG = Logger.getLogger(Dispatcher.class);

    /**
     * A task that no worker has read is tried on this many. Each of them had answered other tasks
     * before it ended, or the pool would have refused: so there is progress, and the bound is high.
     */
    private static final int MAX_ATTEMPTS = 100;

    /** How long a running task may take to end when its client, or its parent, has gone. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private static final TaskResult DRAINING =
            new TaskResult.Failed(
                    FailureKind.SHUTTING_DOWN,
                    "the daemon is being drained and takes no more tasks; `parallite resume` ends that");

    /** How many may follow one task. */
    static final int MAX_WATCHERS = 256;

    private final Engine engine;
    private final Pools pools;
    private final KnownTasks tasks;
    private final Drain drain;
    private final Nesting nesting = new Nesting();
    private @Nullable TaskListener listener;
    private @Nullable Cluster cluster;
    private Runnable onTaskFailed = () -> {};
    private long submitted;
    private long completed;
    private long failed;
    private long cancelled;

    public Dispatcher(Engine engine, Pools pools, TaskCache cache) {
        this.engine = engine;
        this.pools = pools;
        this.tasks = new KnownTasks(engine, cache);
        this.drain = new Drain(tasks::inFlight);
    }

    /** Reports every task to {@code observer} from now on, after those that observe already. */
    public void observe(TaskListener observer) {
        listener = listener == null ? observer : listener.and(observer);
    }

    /** Has the observers save what they have not saved yet; see {@link TaskListener#stop}. */
    public void stopObserving(Duration patience) {
        TaskListener observer = listener;
        if (observer != null) {
            observer.stop(patience);
        }
    }

    /** Detached tasks are those of {@code joined} from now on. */
    public void join(Cluster joined) {
        cluster = joined;
    }

    /** The cluster that this daemon is a node of; {@code null} when it is on its own. */
    public @Nullable Cluster cluster() {
        return cluster;
    }

    /**
     * Whether the cluster is to be asked for the task of this id: it keeps detached tasks and their
     * results, also of those that run here, and may know of any that is not known here.
     */
    public boolean isShared(TaskId id) {
        if (cluster == null) {
            return false;
        }
        TaskRun run = tasks.find(id);
        return run == null ? !tasks.has(id) : run.task().detached();
    }

    /** Whether other nodes may run a task of this daemon, so that they know more of it. */
    public boolean isElsewhere(TaskId id) {
        TaskRun run = tasks.find(id);
        return run != null && run.isElsewhere();
    }

    /** The tasks that are known here, by id. */
    public KnownTasks tasks() {
        return tasks;
    }

    /** The tasks that have ended last, and figures over them. */
    public TaskLog log() {
        return tasks.log();
    }

    /** Runs {@code action} after each task that failed by itself, once its reply is on its way. */
    public void onTaskFailed(Runnable action) {
        onTaskFailed = action;
    }

    /** A lane of the queues for one client session. */
    public Lane newLane() {
        return pools.main().newLane();
    }

    /**
     * The result of {@code task}, which runs at once, when a worker is free, or not at all because
     * it has been submitted before. Never fails: failures are results. Cancelling leaves the task
     * running.
     *
     * @param onReleased run once when nothing here refers to the task's frame any longer: at once
     *     when the task does not run, else when it has ended and left its worker
     */
    public Uni<TaskResult> submit(Task task, Lane lane, Runnable onReleased) {
        Uni<TaskResult> known = tasks.join(task);
        if (known != null) {
            onReleased.run();
            return known;
        }
        TaskId parentId = task.terms().parent();
        TaskRun parent = parentId == null || task.detached() ? null : tasks.find(parentId);
        if (drain.isActive()
                && parent == null) { // tasks in flight may need more of their own to end
            onReleased.run();
            return Uni.createFrom().item(DRAINING);
        }
        if (parent != null && !nesting.admits(parent)) {
            onReleased.run();
            return wouldDeadlock(parent.pool());
        }
        WorkerPool pool = pools.find(task.terms().pool());
        if (pool == null) {
            onReleased.run();
            return noPool(task);
        }
        TaskRun run = new TaskRun(task, pool, engine.epochMillis(), engine.nanoTime(), onReleased);
        int depth = parent == null ? 0 : nesting.add(run, parent);
        if (task.terms().endsWithClient() && !task.detached()) {
            run.endWith(lane);
        }
        TaskListener observer = listener;
        if (observer != null) {
            Guard.run("observing a task", () -> run.sendAs(observer.onSubmitted(task)));
        }
        tasks.add(run);
        submitted++;
        start(run, depth == 0 ? lane : lane.nested(depth));
        return run.result();
    }

    /** The same for a frame that is not counted. */
    public Uni<TaskResult> submit(Task task, Lane lane) {
        return submit(task, lane, () -> {});
    }

    /** The way of a task: a worker, the exchange with it, another worker if need be, the end. */
    private void start(TaskRun run, Lane lane) {
        try {
            run.setAttempt(
                    attempt(run, lane)
                            .onFailure()
                            .recoverWithItem(failure -> failed(run, failure))
                            .subscribe()
                            .with(result -> onAttemptOver(run, result)));
        } catch (Throwable e) { // whatever is thrown on the way, the task is answered
            onAttemptOver(run, failed(run, e));
        }
    }

    private Uni<TaskResult> attempt(TaskRun run, Lane lane) {
        Uni<TaskResult> here =
                Uni.createFrom()
                        .<TaskResult>deferred(() -> onWorker(run, lane))
                        .onFailure(failure -> isWorthRetrying(run, failure))
                        .retry()
                        .atMost(MAX_ATTEMPTS - 1);
        Cluster others = cluster;
        return others == null
                ? here
                : here.onFailure(ShedException.class)
                        .recoverWithUni(() -> elsewhere(others, run, lane));
    }

    /** On another node; here after all when none has a worker for it. */
    private Uni<TaskResult> elsewhere(Cluster others, TaskRun run, Lane lane) {
        RemoteRun remote = new RemoteRun(others, run);
        TaskListener observer = listener;
        if (observer != null) {
            Guard.run("observing a task", () -> observer.onElsewhere(run));
        }
        return remote.begin()
                .flatMap(
                        result ->
                                result.map(ended -> Uni.createFrom().item(ended))
                                        .orElseGet(
                                                () -> {
                                                    remote.comeBack();
                                                    return attempt(run, lane);
                                                }));
    }

    /**
     * Has an awaited task that waits for a worker run elsewhere; see {@link WorkerPool#shed}. One
     * that shares values stays: those are here only.
     *
     * @param maxFrame the longest frame that may leave, in bytes
     * @return whether there was such a task
     */
    public boolean shed(Duration waited, int maxFrame) {
        return pools.main().shed(waited, task -> mayLeave(task, maxFrame));
    }

    /** How long the task has waited that {@link #shed} takes next; empty when there is none. */
    public Optional<Duration> longestWait(int maxFrame) {
        return pools.main().longestWait(task -> mayLeave(task, maxFrame));
    }

    private boolean mayLeave(Task task, int maxFrame) {
        return tasks.find(task.id()) != null
                && !task.detached()
                && task.terms().parent() == null
                && task.terms().shared().isEmpty()
                && task.frame().length <= maxFrame;
    }

    private static boolean isWorthRetrying(TaskRun run, Throwable failure) {
        return failure instanceof UndeliveredException && !run.hasEnded();
    }

    private Uni<TaskResult.Replied> onWorker(TaskRun run, Lane lane) {
        return run.countAttempt() == 1
                ? run.pool().withWorker(run.sent(), lane, lease -> exchange(run, lease))
                : run.pool().withAnotherWorker(run.sent(), lane, lease -> exchange(run, lease));
    }

    private Uni<TaskResult.Replied> exchange(TaskRun run, WorkerLease lease) {
        Task task = run.sent();
        run.onStarted(lease, engine.nanoTime());
        TaskListener observer = listener;
        if (observer != null) {
            Guard.run("observing a task", () -> observer.onStarted(run));
        }
        LOG.debugf("task is dispatched task=%s worker=%s", task.id(), lease.workerName());
        Duration timeout = task.timeout() == null ? run.pool().taskTimeout() : task.timeout();
        return lease.exchange(task, timeout, run);
    }

    private static TaskResult failed(TaskRun run, Throwable failure) {
        if (failure instanceof TaskException known) {
            return known.toResult();
        }
        if (!run.hasEnded()) {
            Guard.log("task " + run.task().id(), failure);
        }
        return new TaskResult.Failed(
                FailureKind.INTERNAL,
                "the daemon met a defect with this task; its log has the details");
    }

    private void onAttemptOver(TaskRun run, TaskResult result) {
        run.onAttemptOver();
        if (run.hasEnded()) {
            LOG.debugf("a cancelled task has left its worker task=%s", run.task().id());
            run.releaseIfOver();
        } else {
            finish(run, result);
        }
    }

    /**
     * Ends a task: first the state, then the answers, then what could be done without. Each part of
     * the latter two stands for itself, so that nothing thrown in one keeps another from happening.
     */
    private void finish(TaskRun run, TaskResult result) {
        if (!tasks.remove(run)) {
            return;
        }
        long now = engine.nanoTime();
        run.end(result, now);
        count(result.state());
        run.answer();
        run.releaseIfOver();
        for (TaskRun child : nesting.onEnded(run)) {
            cancel(child, GRACE, ", as the task that had submitted it has ended");
        }
        Guard.run("recording a failure", () -> run.explain(Failures.in(result)));
        Guard.run("retaining a result", () -> retain(run, result, now));
        Guard.run("keeping a task", () -> tasks.log().add(run.status(now), result, now));
        TaskListener observer = listener;
        if (observer != null) {
            Guard.run("observing a task", () -> observer.onEnded(run));
        }
        if (Failures.isTaskFailure(result)) {
            Guard.run("stopping on a failed task", onTaskFailed);
        }
        LOG.debugf("task has ended task=%s ok=%s", run.task().id(), result.ok());
        drain.onTaskEnded();
    }

    private void count(TaskState ended) {
        switch (ended) {
            case COMPLETED -> completed++;
            case FAILED -> failed++;
            case CANCELLED -> cancelled++;
            case PENDING, RUNNING -> throw new IllegalArgumentException(ended.wireName());
        }
    }

    private void retain(TaskRun run, TaskResult result, long now) {
        boolean isKeptElsewhere = cluster != null && run.task().detached();
        if (!isKeptElsewhere) {
            tasks.retain(run, result, now);
        }
    }

    private Uni<TaskResult> noPool(Task task) {
        return Uni.createFrom()
                .item(
                        new TaskResult.Failed(
                                FailureKind.INVALID_REQUEST,
                                pools.explainMissing(task.terms().pool())));
    }

    private static Uni<TaskResult> wouldDeadlock(WorkerPool pool) {
        return Uni.createFrom()
                .item(
                        new TaskResult.Failed(
                                FailureKind.WOULD_DEADLOCK,
                                "%d tasks wait for tasks of their own already, and keep their workers; nest less deeply, or raise max_workers"
                                        .formatted(Nesting.most(pool))));
    }

    /**
     * Has {@code watcher} follow the task of this id; empty when none is in flight here, and there
     * is no cluster that may know it.
     *
     * @throws RequestException of kind {@link FailureKind#BUDGET_EXCEEDED} when {@value
     *     #MAX_WATCHERS} follow it already
     */
    public Optional<Watch> watch(TaskId id, TaskWatcher watcher) {
        Cluster joined = cluster;
        if (joined != null && isShared(id)) {
            requireRoom(id, joined.watchers(id));
            return Optional.of(new Watch(id, joined.follow(id, watcher), watcher));
        }
        return Optional.ofNullable(tasks.find(id)).map(run -> follow(run, watcher));
    }

    /** The same of a task that is in flight here, for the cluster, which is one watcher at most. */
    public Optional<Watch> watchHere(TaskId id, TaskWatcher watcher) {
        return Optional.ofNullable(tasks.find(id)).map(run -> run.watch(watcher));
    }

    /** Each event is sent to each follower, so their number is limited. */
    private static Watch follow(TaskRun run, TaskWatcher watcher) {
        requireRoom(run.task().id(), run.watchers());
        return run.watch(watcher);
    }

    private static void requireRoom(TaskId id, int watchers) {
        if (watchers >= MAX_WATCHERS) {
            throw new RequestException(
                    FailureKind.BUDGET_EXCEEDED,
                    "task \"%s\" is followed by %d already, the most that may; await it instead"
                            .formatted(id, MAX_WATCHERS),
                    id.value());
        }
    }

    /** The same for the client that has submitted {@code task}, unless another task has its id. */
    public Optional<Watch> watch(Task task, TaskWatcher watcher) {
        return Optional.ofNullable(tasks.find(task.id()))
                .filter(run -> run.isSameAs(task))
                .map(run -> watch(run, task, watcher));
    }

    @SuppressWarnings("ReferenceEquality") // an equal one may have been submitted by others
    private static Watch watch(TaskRun run, Task task, TaskWatcher watcher) {
        return run.task() == task ? run.watchAsSubmitted(watcher) : follow(run, watcher);
    }

    /**
     * Sends a message to a task; completes when the task's worker has it. Fails with a {@link
     * TaskException} when the task ends before, or is not in flight here.
     *
     * @param onReleased run once when nothing here refers to {@code frame} any longer
     */
    public Uni<Void> send(TaskId id, byte[] frame, Runnable onReleased) {
        Cluster joined = cluster;
        return joined != null && isShared(id)
                ? joined.send(id, frame).onTermination().invoke(onReleased)
                : sendHere(id, frame, onReleased);
    }

    /** The same to a task that is in flight here. */
    public Uni<Void> sendHere(TaskId id, byte[] frame, Runnable onReleased) {
        TaskRun run = tasks.find(id);
        if (run == null) {
            onReleased.run();
            return Uni.createFrom()
                    .failure(
                            new TaskException(
                                    FailureKind.NOT_FOUND,
                                    "task \"%s\" is not in flight here and takes no messages"
                                            .formatted(id)));
        }
        return run.send(frame, onReleased);
    }

    /**
     * Takes a task out of the queue or ends it; all who wait for it get {@code CANCELLED} now.
     *
     * @param grace how long a running task gets before its worker is killed
     * @return whether there was something to cancel
     */
    public boolean cancel(TaskId id, Duration grace) {
        TaskRun run = tasks.find(id);
        if (run == null) {
            return false;
        }
        cancel(run, grace, "");
        return true;
    }

    private void cancel(TaskRun run, Duration grace, String why) {
        String when = run.state() == TaskState.RUNNING ? "while it ran" : "before it ran";
        Guard.run("cancelling a task", () -> run.cancelAttempt(grace));
        String message = "task was cancelled " + when + why;
        finish(run, new TaskResult.Failed(FailureKind.CANCELLED, message));
    }

    /**
     * The client with this lane has disconnected: cancels its tasks with {@code on_disconnect:
     * cancel} that no other client waits for.
     */
    public void onClientGone(Lane lane) {
        tasks.abandonedBy(lane).forEach(run -> cancel(run, GRACE, ", as its client has gone"));
    }

    /** The pools whose workers run tasks. */
    public Pools pools() {
        return pools;
    }

    /** Cancels a task without any grace. */
    public boolean cancel(TaskId id) {
        return cancel(id, Duration.ZERO);
    }

    /**
     * Refuses new tasks until {@link #resume}, and completes once no task is in flight. A queue
     * that is paused is served again. Cancelling leaves the daemon draining.
     */
    public Uni<Void> drain() {
        return drain.begin(() -> pools.resume(null));
    }

    /**
     * Serves the queue of a pool again, or for {@code null} those of all, and then takes new tasks
     * again after {@link #drain()}.
     */
    public void resume(@Nullable String pool) {
        if (pool == null) {
            drain.end();
        }
        pools.resume(pool);
    }

    /** Takes no more tasks, and calls {@code whenIdle} once none is in flight. */
    public void drain(Runnable whenIdle) {
        drain.onStopped(whenIdle);
        pools.drain();
        drain.onTaskEnded();
    }

    /** Counters as they are now. */
    public DispatchSnapshot snapshot() {
        return new DispatchSnapshot(
                submitted,
                completed,
                failed,
                cancelled,
                tasks.inFlight(),
                tasks.retained(),
                tasks.retainedBytes(),
                drain.isActive());
    }
}
