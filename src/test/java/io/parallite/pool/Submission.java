package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.TaskResult.Replied;
import io.parallite.worker.UndeliveredException;
import io.parallite.worker.WorkerLease;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A task given to a pool, and all that came of it. */
final class Submission {

    private final Task task;
    private @Nullable Cancellable subscription;
    private @Nullable WorkerLease lease;
    private @Nullable Object answer;
    private boolean cancelled;
    private @Nullable Lane lane;
    private int leases;
    private int answers;
    private int answersAfterCancel;

    Submission(Task task) {
        this.task = task;
    }

    void begin(WorkerPool pool, Lane in, Duration timeout) {
        lane = in;
        subscription =
                pool.withWorker(task, in, granted -> exchange(granted, timeout))
                        .subscribe()
                        .with(this::onAnswer, this::onAnswer);
    }

    /** Tries it once more, as a task that no worker has read. */
    void beginAgain(WorkerPool pool, Duration timeout) {
        answer = null;
        answers = 0;
        leases = 0;
        lease = null;
        subscription =
                pool.withAnotherWorker(task, lane, granted -> exchange(granted, timeout))
                        .subscribe()
                        .with(this::onAnswer, this::onAnswer);
    }

    private Uni<Replied> exchange(WorkerLease granted, Duration timeout) {
        leases++;
        lease = granted;
        return granted.exchange(task, timeout, (name, frame) -> {});
    }

    private void onAnswer(Object with) {
        answers++;
        answersAfterCancel += cancelled ? 1 : 0;
        answer = with;
    }

    void cancel() {
        cancelled = true;
        subscription.cancel();
    }

    String id() {
        return task.id().value();
    }

    Lane lane() {
        return lane;
    }

    /** Fails when it was leased or answered twice, or answered with a defect. */
    void checkAnswer(String when) {
        assertThat(leases).as("leases of %s %s", id(), when).isLessThanOrEqualTo(1);
        assertThat(answers).as("answers of %s %s", id(), when).isLessThanOrEqualTo(1);
        assertThat(answersAfterCancel).as("late answers of %s %s", id(), when).isZero();
        if (answer != null && !isReplied()) {
            assertThat(answer).as("answer of %s %s", id(), when).isInstanceOf(TaskException.class);
        }
    }

    boolean isLeased() {
        return lease != null;
    }

    /** The worker that got it, while it runs and after. */
    String worker() {
        assertThat(isLeased()).as("%s has a worker", task.id()).isTrue();
        return lease.workerName();
    }

    boolean isSettled() {
        return cancelled || answer != null;
    }

    boolean isAnswered() {
        return answer != null;
    }

    boolean isUndelivered() {
        return answer instanceof UndeliveredException;
    }

    boolean isReplied() {
        return answer instanceof Replied;
    }

    Replied reply() {
        assertThat(answer).as("answer of %s", task.id()).isInstanceOf(Replied.class);
        return (Replied) answer;
    }

    TaskException failure() {
        assertThat(answer).as("answer of %s", task.id()).isInstanceOf(TaskException.class);
        return (TaskException) answer;
    }

    FailureKind failureKind() {
        return failure().kind();
    }
}
