package io.parallite.dispatch;

import io.parallite.engine.Guard;
import io.parallite.pool.Lane;
import io.parallite.pool.WorkerPool;
import io.parallite.task.EventSource;
import io.parallite.task.Task;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.task.TaskWatcher;
import io.parallite.wire.Events;
import io.parallite.wire.ReplyDetail;
import io.parallite.worker.WorkerEvents;
import io.parallite.worker.WorkerLease;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A task in flight: its attempts, the clients that wait for its result, and its watchers. Times are
 * {@code Engine.nanoTime}, given by the dispatcher. Owned by the engine's thread.
 */
public final class TaskRun implements WorkerEvents, EventSource {

    private static final long NANOS_PER_MILLI = 1_000_000;

    /** A longer report of progress is passed on, but not remembered. */
    private static final int MAX_PROGRESS = 64 * 1024;

    /** The events that are passed on to watchers, beside progress. */
    private static final Set<String> FOLLOWED = Set.of("emit", "output");

    private final Task task;
    private Task sent;
    private final WorkerPool pool;
    private final long submittedAt;
    private final long submitted;
    private final Runnable onReleased;
    private @Nullable UniEmitter<? super TaskResult> firstWaiting;
    private @Nullable Set<UniEmitter<? super TaskResult>> othersWaiting;
    private long started;
    private boolean hasBegun;
    private long ended;
    private int attempts;
    private boolean attemptOver;
    private boolean released;
    private @Nullable String worker;
    private long pid;
    private @Nullable Cancellable attempt;
    private @Nullable WorkerLease lease;
    private @Nullable RemoteRun remote;
    private List<TaskWatcher> watchers = List.of();
    private boolean wantsOutput;
    private byte @Nullable [] progress;
    private @Nullable OutputTail output;
    private @Nullable TaskResult outcome;
    private @Nullable TaskFailure failure;
    private @Nullable Lane owner;
    private @Nullable Messages messages;

    /**
     * @param pool whose workers run it
     * @param submittedAt milliseconds since the epoch
     * @param onReleased run once when the task has ended and left its worker
     */
    TaskRun(Task task, WorkerPool pool, long submittedAt, long now, Runnable onReleased) {
        this.task = task;
        this.sent = task;
        this.pool = pool;
        this.onReleased = onReleased;
        this.submittedAt = submittedAt;
        this.submitted = now;
    }

    public Task task() {
        return task;
    }

    /** The task as its worker gets it. */
    Task sent() {
        return sent;
    }

    /** Has its worker get {@code changed} in place of what was submitted. */
    void sendAs(Task changed) {
        sent = changed;
    }

    /** How often it was given to a worker, or waited for one again. */
    public int attempts() {
        return attempts;
    }

    /** The lease of its worker; {@code null} when it has none now. */
    public @Nullable WorkerLease lease() {
        return lease;
    }

    /** The process of {@link #worker}, 0 where it is unknown. */
    public long workerPid() {
        return pid;
    }

    /** Whose workers run it. */
    WorkerPool pool() {
        return pool;
    }

    /** When it was submitted, in milliseconds since the epoch. */
    long submittedAt() {
        return submittedAt;
    }

    /** The worker it is, or was last, on; {@code null} when it never had one. */
    public @Nullable String worker() {
        return worker;
    }

    /** How it ended. */
    public TaskResult outcome() {
        return Objects.requireNonNull(outcome, "the task is in flight");
    }

    /** Why it failed; {@code null} when it did not. */
    public @Nullable TaskFailure failure() {
        return failure;
    }

    /**
     * How long it waited for its last worker, or altogether where it got none; of a task that has
     * ended.
     */
    public long queuedNanos() {
        return queuedNanos(ended);
    }

    /** How long it was on its last worker; of a task that has ended. */
    public long ranNanos() {
        return ranNanos(ended);
    }

    boolean hasEnded() {
        return outcome != null;
    }

    private long queuedNanos(long now) {
        return (worker == null ? now : started) - submitted;
    }

    private long ranNanos(long now) {
        return worker == null ? 0 : now - started;
    }

    /** It is cancelled when the client with this lane disconnects. */
    void endWith(Lane lane) {
        owner = lane;
    }

    /** Whether it is cancelled now that the client with this lane has disconnected. */
    @SuppressWarnings("ReferenceEquality") // a lane is its session's
    boolean isAbandonedBy(Lane gone) {
        return owner == gone && waiting() <= 1 && watchers.isEmpty();
    }

    boolean isSameAs(Task other) {
        return task.fingerprint() == other.fingerprint();
    }

    /**
     * The result, now or when it is there. Cancelling the {@code Uni} leaves the task running and
     * removes the subscriber, at a cost that does not grow with the number of others.
     */
    Uni<TaskResult> result() {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            if (outcome != null) {
                                emitter.complete(outcome);
                            } else {
                                add(emitter);
                            }
                        });
    }

    private void add(UniEmitter<? super TaskResult> emitter) {
        if (firstWaiting == null) {
            firstWaiting = emitter;
        } else {
            if (othersWaiting == null) {
                othersWaiting = new LinkedHashSet<>();
            }
            othersWaiting.add(emitter);
        }
        emitter.onTermination(() -> forget(emitter));
    }

    @SuppressWarnings("ReferenceEquality") // emitters are compared by identity
    private void forget(UniEmitter<? super TaskResult> emitter) {
        if (firstWaiting == emitter) {
            firstWaiting = null;
        } else if (othersWaiting != null) {
            othersWaiting.remove(emitter);
        }
    }

    /** How many wait for the result. */
    int waiting() {
        return (firstWaiting == null ? 0 : 1) + (othersWaiting == null ? 0 : othersWaiting.size());
    }

    /** Counts one more attempt to run it; returns the total. */
    int countAttempt() {
        return ++attempts;
    }

    void setAttempt(Cancellable cancellable) {
        attempt = cancellable;
    }

    /** The task is neither in the queue nor on a worker. */
    void onAttemptOver() {
        attemptOver = true;
    }

    /** Releases what is held for the task's frame, once nothing refers to it. */
    void releaseIfOver() {
        if (attemptOver && hasEnded() && !released) {
            released = true;
            Guard.run("releasing a request", onReleased);
        }
    }

    void onStarted(WorkerLease on, long now) {
        lease = on;
        hasBegun = false;
        worker = on.workerName();
        pid = on.workerPid();
        started = now;
        if (!watchers.isEmpty()) {
            TaskStatus status = status(now);
            for (TaskWatcher watcher : watchers) {
                Guard.run("passing a start on", () -> watcher.onStarted(status));
            }
        }
    }

    /**
     * Takes it out of the queue, or ends it on its worker, which is killed unless the task ends
     * within {@code grace}.
     */
    void cancelAttempt(Duration grace) {
        if (lease != null && !grace.isZero()) {
            lease.cancel(grace);
        } else {
            attemptOver = true;
            if (attempt != null) {
                attempt.cancel();
            }
        }
    }

    /**
     * Has the worker of a running task send its output, for {@link #detail}; gives whether that was
     * requested only now. Of commands, a worker sends it from the first byte on.
     */
    boolean listen() {
        if (wantsOutput || lease == null) {
            return false;
        }
        wantsOutput = true;
        lease.follow();
        return true;
    }

    /** Its details at the time {@code now}, while it is in flight. */
    TaskDetail detail(long now) {
        return new TaskDetail(
                status(now), output == null ? null : ReplyDetail.ofOutput(output.text()));
    }

    /** Adds a follower. */
    Watch watch(TaskWatcher watcher) {
        if (watcher.wantsOutput()) {
            wantsOutput = true;
            if (lease != null) {
                lease.follow();
            }
        }
        Watch watch = watchAsSubmitted(watcher);
        if (remote != null) {
            remote.onWatched(watcher.wantsOutput());
        }
        return watch;
    }

    /**
     * Adds the client that has submitted it: the request says already what that wants to follow.
     */
    Watch watchAsSubmitted(TaskWatcher watcher) {
        watchers = new ArrayList<>(watchers);
        watchers.add(watcher);
        return new Watch(task.id(), this, watcher);
    }

    /** Sends a message to it; see {@link Messages#send}. */
    Uni<Void> send(byte[] frame, Runnable onReleased) {
        if (messages == null) {
            messages = new Messages(task.id().value());
            beginMessages();
        }
        return messages.send(frame, onReleased);
    }

    @Override
    public void onBegun() {
        hasBegun = true;
        beginMessages();
    }

    private void beginMessages() {
        if (messages != null && remote != null) {
            messages.beginElsewhere(remote::send);
        } else if (messages != null && lease != null && hasBegun) {
            messages.begin(lease);
        }
    }

    @Override
    public boolean wantsOutput() {
        return wantsOutput;
    }

    @Override
    public void remove(TaskWatcher watcher) {
        watchers = new ArrayList<>(watchers);
        watchers.remove(watcher);
        if (watchers.isEmpty() && remote != null) {
            remote.onUnwatched();
        }
        holdOrRelease();
    }

    /** How many follow it. */
    int watchers() {
        return watchers.size();
    }

    @Override
    public void onEvent(String name, byte[] frame) {
        if (hasEnded()) {
            return;
        }
        if (name.equals("received") && messages != null) {
            messages.onReceived();
            return;
        }
        boolean isProgress = name.equals("progress");
        if (isProgress && frame.length <= MAX_PROGRESS) {
            progress = frame;
        }
        if (name.equals("output")) {
            if (output == null) {
                output = new OutputTail();
            }
            output.add(frame);
        }
        if (!watchers.isEmpty() && (isProgress || FOLLOWED.contains(name))) {
            for (TaskWatcher watcher : watchers) {
                Guard.run("passing an event on", () -> watcher.onEvent(name, frame));
            }
            holdOrRelease();
        }
    }

    /** While a watcher is behind nothing is read from the worker. */
    @Override
    public void holdOrRelease() {
        if (remote != null) {
            remote.holdOrRelease();
        } else if (lease != null && isBehind()) {
            lease.pause();
        } else if (lease != null) {
            lease.resume();
        }
    }

    /** Whether any watcher takes no events now. */
    boolean isBehind() {
        for (TaskWatcher watcher : watchers) {
            if (watcher.isBehind()) {
                return true;
            }
        }
        return false;
    }

    /** Other nodes may run it until {@link #comeBack}. */
    void goElsewhere(RemoteRun on) {
        remote = on;
        beginMessages();
    }

    /** It runs here after all; undelivered messages wait for its worker. */
    void comeBack() {
        remote = null;
        if (messages != null) {
            messages.suspend();
        }
    }

    boolean isElsewhere() {
        return remote != null;
    }

    /** Another node has begun it. */
    void onStartedElsewhere(TaskStatus status) {
        for (TaskWatcher watcher : watchers) {
            Guard.run("passing a start on", () -> watcher.onStarted(status));
        }
    }

    /** Its status at the time {@code now}. */
    TaskStatus status(long now) {
        long until = hasEnded() ? ended : now;
        return new TaskStatus(
                task.id(),
                task.terms().name(),
                state(),
                submittedAt,
                worker == null ? 0 : epochMillis(started),
                hasEnded() ? epochMillis(ended) : 0,
                queuedNanos(until),
                ranNanos(until),
                worker,
                pid,
                progress == null ? null : Events.progress(progress),
                failure);
    }

    TaskState state() {
        if (outcome != null) {
            return outcome.state();
        }
        return worker == null ? TaskState.PENDING : TaskState.RUNNING;
    }

    /** By the clock by which it was submitted, so that times never contradict durations. */
    private long epochMillis(long time) {
        return submittedAt + (time - submitted) / NANOS_PER_MILLI;
    }

    /** Ends it with this result. */
    void end(TaskResult result, long now) {
        outcome = result;
        ended = now;
        lease = null;
        output = null;
        watchers = List.of();
        RemoteRun left = remote;
        remote = null;
        if (left != null) {
            left.onUnwatched();
        }
        Messages unsent = messages;
        messages = null;
        if (unsent != null) {
            unsent.end();
        }
    }

    /** Sets why it failed; {@code null} when it did not. */
    void explain(@Nullable TaskFailure why) {
        failure = why;
    }

    /** Gives the result to each that waits; an exception of one does not affect the others. */
    void answer() {
        TaskResult result = outcome();
        UniEmitter<? super TaskResult> first = firstWaiting;
        Set<UniEmitter<? super TaskResult>> others = othersWaiting;
        firstWaiting = null;
        othersWaiting = null;
        if (first != null) {
            answer(first, result);
        }
        if (others != null) {
            others.forEach(emitter -> answer(emitter, result));
        }
    }

    private static void answer(UniEmitter<? super TaskResult> emitter, TaskResult result) {
        try {
            emitter.complete(result);
        } catch (Throwable e) {
            Guard.log("answering a task", e);
        }
    }
}
