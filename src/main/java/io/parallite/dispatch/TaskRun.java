package io.parallite.dispatch;

import io.parallite.task.Task;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskProgress;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A task in flight and all who wait for its result. Times are {@code Engine.nanoTime}, told to it
 * by the dispatcher. Owned by the engine's thread.
 */
public final class TaskRun {

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Task task;
    private final long submittedAt;
    private final long submitted;
    private final List<UniEmitter<? super TaskResult>> waiting = new ArrayList<>(1);
    private long started;
    private long ended;
    private int attempts;
    private @Nullable String worker;
    private @Nullable Cancellable attempt;
    private @Nullable TaskProgress progress;
    private @Nullable TaskResult outcome;
    private @Nullable TaskFailure failure;

    /**
     * @param submittedAt milliseconds since the epoch
     */
    TaskRun(Task task, long submittedAt, long now) {
        this.task = task;
        this.submittedAt = submittedAt;
        this.submitted = now;
    }

    public Task task() {
        return task;
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

    /** How long it waited for its last worker, or in vain; of a task that has ended. */
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

    boolean isSameAs(Task other) {
        return task.fingerprint() == other.fingerprint();
    }

    /** The result, now or when it is there. Cancelling the {@code Uni} leaves the task alone. */
    Uni<TaskResult> result() {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            if (outcome != null) {
                                emitter.complete(outcome);
                            } else {
                                waiting.add(emitter);
                            }
                        });
    }

    /** Takes note of one more attempt to run it; answers how many there were. */
    int countAttempt() {
        return ++attempts;
    }

    void setAttempt(Cancellable cancellable) {
        attempt = cancellable;
    }

    void onStarted(String on, long now) {
        worker = on;
        started = now;
    }

    /** Takes it out of the queue, or kills the worker that runs it. */
    void cancelAttempt() {
        if (attempt != null) {
            attempt.cancel();
        }
    }

    /** Where it is at the time {@code now}. */
    TaskStatus status(long now) {
        long until = hasEnded() ? ended : now;
        return new TaskStatus(
                task.id(),
                state(),
                submittedAt,
                worker == null ? 0 : epochMillis(started),
                hasEnded() ? epochMillis(ended) : 0,
                queuedNanos(until),
                ranNanos(until),
                worker,
                progress,
                failure);
    }

    TaskState state() {
        if (outcome != null) {
            return outcome.ok() ? TaskState.COMPLETED : TaskState.FAILED;
        }
        return worker == null ? TaskState.PENDING : TaskState.RUNNING;
    }

    /** By the clock that told when it was submitted, so that times never contradict durations. */
    private long epochMillis(long time) {
        return submittedAt + (time - submitted) / NANOS_PER_MILLI;
    }

    /** Takes note of how it ended. */
    void end(TaskResult result, @Nullable TaskFailure why, long now) {
        outcome = result;
        failure = why;
        ended = now;
    }

    /** Tells everybody who waits. */
    void tellWaiting() {
        TaskResult result = outcome();
        for (UniEmitter<? super TaskResult> emitter : waiting) {
            emitter.complete(result);
        }
        waiting.clear();
    }
}
