package io.parallite.dispatch;

import io.parallite.engine.Engine;
import io.parallite.pool.Lane;
import io.parallite.pool.PoolSnapshot;
import io.parallite.pool.ReloadOutcome;
import io.parallite.pool.WorkerPool;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.worker.UndeliveredException;
import io.parallite.worker.WorkerLease;
import io.parallite.worker.WorkerReply;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs every task once and tells its result to all who ask.
 *
 * <p>A {@code task_id} that is in flight is joined, one that is retained is answered from the
 * {@link TaskCache}; only an id that is neither is leased a worker. Owned by the engine's thread.
 */
public final class Dispatcher {

    private static final Logger LOG = Logger.getLogger(Dispatcher.class);

    /**
     * A task that no worker has read is tried on this many. Each of them had answered other tasks
     * before it ended, or the pool would have refused: so there is progress, and the bound is high.
     */
    private static final int MAX_ATTEMPTS = 100;

    private final Engine engine;
    private final WorkerPool pool;
    private final TaskCache cache;
    private final DispatchSettings settings;
    private final Map<TaskId, TaskRun> inFlight = new HashMap<>();
    private final TaskLog log;
    private @Nullable TaskListener listener;
    private Runnable onTaskFailed = () -> {};
    private @Nullable Runnable onIdle;
    private long submitted;
    private long completed;
    private long failed;

    public Dispatcher(Engine engine, WorkerPool pool, TaskCache cache, DispatchSettings settings) {
        this.engine = engine;
        this.pool = pool;
        this.cache = cache;
        this.settings = settings;
        this.log = new TaskLog(engine);
    }

    /** Has {@code observer} told of every task from now on; there can be one. */
    public void observe(TaskListener observer) {
        listener = observer;
    }

    /** The tasks that have ended last, and figures over them. */
    public TaskLog log() {
        return log;
    }

    /** Runs {@code action} after each task that failed by itself, once its reply is on its way. */
    public void onTaskFailed(Runnable action) {
        onTaskFailed = action;
    }

    /** A lane of the queue for one client session. */
    public Lane newLane() {
        return pool.newLane();
    }

    /**
     * The result of {@code task}, which runs at once, when a worker is free, or not at all because
     * it has been submitted before. Never fails: failures are results. Cancelling leaves the task
     * running.
     */
    public Uni<TaskResult> submit(Task task, Lane lane) {
        TaskRun known = inFlight.get(task.id());
        if (known != null) {
            return known.isSameAs(task) ? known.result() : conflict(task.id(), "in flight");
        }
        RetainedTask retained = cache.find(task.id());
        if (retained != null) {
            return retained.fingerprint() == task.fingerprint()
                    ? Uni.createFrom().item(retained.result())
                    : conflict(task.id(), "retained");
        }
        TaskRun run = new TaskRun(task, engine.epochMillis(), engine.nanoTime());
        inFlight.put(task.id(), run);
        submitted++;
        attempt(run, pool.withWorker(task, lane, lease -> exchange(run, lease)), lane);
        return run.result();
    }

    private void attempt(TaskRun run, Uni<WorkerReply> exchanged, Lane lane) {
        run.setAttempt(
                exchanged
                        .subscribe()
                        .with(
                                reply -> finish(run, replied(reply)),
                                failure -> onFailure(run, lane, failure)));
    }

    private Uni<WorkerReply> exchange(TaskRun run, WorkerLease lease) {
        Task task = run.task();
        run.onStarted(lease, engine.nanoTime());
        if (listener != null) {
            listener.onStarted(run);
        }
        LOG.debugf("task is dispatched task=%s worker=%s", task.id(), lease.workerName());
        Duration timeout = task.timeout() == null ? settings.timeout() : task.timeout();
        return lease.exchange(task, timeout, run);
    }

    private static TaskResult replied(WorkerReply reply) {
        return new TaskResult.Replied(reply.frame(), reply.ok());
    }

    private void onFailure(TaskRun run, Lane lane, Throwable failure) {
        if (run.hasEnded()) {
            LOG.debugf("a cancelled task has ended its worker task=%s", run.task().id());
        } else if (failure instanceof UndeliveredException && run.countAttempt() < MAX_ATTEMPTS) {
            Task task = run.task();
            attempt(run, pool.withAnotherWorker(task, lane, lease -> exchange(run, lease)), lane);
        } else if (failure instanceof TaskException known) {
            finish(run, known.toResult());
        } else {
            LOG.errorf(failure, "a task met a defect task=%s", run.task().id());
            finish(
                    run,
                    new TaskResult.Failed(
                            FailureKind.INTERNAL,
                            "the daemon met a defect with this task; its log has the details"));
        }
    }

    private void finish(TaskRun run, TaskResult result) {
        TaskId id = run.task().id();
        if (!inFlight.remove(id, run)) {
            return; // cancelled meanwhile
        }
        long now = engine.nanoTime();
        run.end(result, Failures.in(result), now);
        TaskStatus status = run.status(now);
        if (Failures.isWorthRetaining(result)) {
            cache.put(id, new RetainedTask(run.task().fingerprint(), status, result));
        }
        if (result.ok()) {
            completed++;
        } else {
            failed++;
        }
        LOG.debugf("task has ended task=%s ok=%s", id, result.ok());
        log.add(status, now);
        if (listener != null) {
            listener.onEnded(run);
        }
        run.tellWaiting();
        if (Failures.isTaskFailure(result)) {
            onTaskFailed.run();
        }
        tellIfIdle();
    }

    private void tellIfIdle() {
        Runnable tell = onIdle;
        if (inFlight.isEmpty() && tell != null) {
            onIdle = null;
            tell.run();
        }
    }

    private static Uni<TaskResult> conflict(TaskId id, String state) {
        return Uni.createFrom()
                .item(
                        new TaskResult.Failed(
                                FailureKind.CONFLICT,
                                "another payload is %s under task_id \"%s\"; give every task an id of its own"
                                        .formatted(state, id)));
    }

    /**
     * The result of a task that is in flight or retained; empty when there is no such task.
     * Cancelling leaves the task alone and forgets who awaited it.
     */
    public Optional<Uni<TaskResult>> await(TaskId id) {
        TaskRun run = inFlight.get(id);
        if (run != null) {
            return Optional.of(run.awaited());
        }
        return Optional.ofNullable(cache.find(id))
                .map(retained -> Uni.createFrom().item(retained.result()));
    }

    /** The state of a task that is in flight or retained. */
    public Optional<TaskStatus> status(TaskId id) {
        TaskRun run = inFlight.get(id);
        return run != null
                ? Optional.of(run.status(engine.nanoTime()))
                : Optional.ofNullable(cache.find(id)).map(RetainedTask::describe);
    }

    /**
     * The tasks in flight and those that {@link TaskLog} knows, the last submitted first.
     *
     * @param limit at most that many
     * @param state only those in this state, or {@code null} for all
     */
    public List<TaskStatus> tasks(int limit, @Nullable TaskState state) {
        Newest newest = new Newest(limit);
        long now = engine.nanoTime();
        for (TaskStatus ended : log.ended()) {
            if (state == null || ended.state() == state) {
                newest.offer(ended.submittedAt(), () -> ended);
            }
        }
        for (TaskRun run : inFlight.values()) {
            if (state == null || run.state() == state) {
                newest.offer(run.submittedAt(), () -> run.status(now));
            }
        }
        return newest.list();
    }

    /** Has {@code watcher} follow the task of this id; empty when none is in flight. */
    public Optional<Watch> watch(TaskId id, TaskWatcher watcher) {
        return Optional.ofNullable(inFlight.get(id)).map(run -> run.watch(watcher));
    }

    /** The same, unless it is another task of the same id. */
    public Optional<Watch> watch(Task task, TaskWatcher watcher) {
        return Optional.ofNullable(inFlight.get(task.id()))
                .filter(run -> run.isSameAs(task))
                .map(run -> watch(run, task, watcher));
    }

    @SuppressWarnings("ReferenceEquality") // an equal one may have been submitted by others
    private static Watch watch(TaskRun run, Task task, TaskWatcher watcher) {
        return run.task() == task ? run.watchAsSubmitted(watcher) : run.watch(watcher);
    }

    /**
     * Takes a task out of the queue or ends it; all who wait for it get {@code CANCELLED} now.
     *
     * @param grace how long a running task gets before its worker is killed
     * @return whether there was something to cancel
     */
    public boolean cancel(TaskId id, Duration grace) {
        TaskRun run = inFlight.get(id);
        if (run == null) {
            return false;
        }
        String when = run.state() == TaskState.RUNNING ? "while it ran" : "before it ran";
        run.cancelAttempt(grace);
        finish(run, new TaskResult.Failed(FailureKind.CANCELLED, "task was cancelled " + when));
        return true;
    }

    /** Replaces all workers; see {@link WorkerPool#reload}. */
    public Uni<ReloadOutcome> reload() {
        return pool.reload();
    }

    /** Cancels a task without any grace. */
    public boolean cancel(TaskId id) {
        return cancel(id, Duration.ZERO);
    }

    /** Drops results that are past their time. */
    public void sweep() {
        cache.sweep();
    }

    /** Takes no more tasks, and calls {@code whenIdle} once none is in flight. */
    public void drain(Runnable whenIdle) {
        onIdle = whenIdle;
        pool.drain();
        tellIfIdle();
    }

    /** Counters as they are now. */
    public DispatchSnapshot snapshot() {
        return new DispatchSnapshot(
                submitted, completed, failed, inFlight.size(), cache.size(), cache.bytes());
    }

    /** The pool as it is now. */
    public PoolSnapshot poolSnapshot() {
        return pool.snapshot();
    }
}
