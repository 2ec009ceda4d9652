package io.parallite.dispatch;

import io.parallite.task.Task;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A task in flight and all who wait for its result. Owned by the engine's thread. */
final class TaskRun {

    private final Task task;
    private final long submittedAt;
    private final List<UniEmitter<? super TaskResult>> waiting = new ArrayList<>(1);
    private long startedAt;
    private int attempts;
    private @Nullable Cancellable attempt;
    private @Nullable TaskResult result;

    TaskRun(Task task, long submittedAt) {
        this.task = task;
        this.submittedAt = submittedAt;
    }

    Task task() {
        return task;
    }

    boolean isSameAs(Task other) {
        return task.fingerprint() == other.fingerprint();
    }

    /** The result, now or when it is there. Cancelling the {@code Uni} leaves the task alone. */
    Uni<TaskResult> result() {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            if (result != null) {
                                emitter.complete(result);
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

    void onStarted(long now) {
        startedAt = now;
    }

    /** Takes it out of the queue, or kills the worker that runs it. */
    void cancelAttempt() {
        if (attempt != null) {
            attempt.cancel();
        }
    }

    TaskStatus status() {
        TaskState state = startedAt == 0 ? TaskState.PENDING : TaskState.RUNNING;
        return new TaskStatus(task.id(), state, submittedAt, startedAt, 0);
    }

    TaskStatus finalStatus(TaskResult ended, long now) {
        TaskState state = ended.ok() ? TaskState.COMPLETED : TaskState.FAILED;
        return new TaskStatus(task.id(), state, submittedAt, startedAt, now);
    }

    /** Tells everybody who waits. */
    void complete(TaskResult ended) {
        result = ended;
        for (UniEmitter<? super TaskResult> emitter : waiting) {
            emitter.complete(ended);
        }
        waiting.clear();
    }
}
