package io.parallite.worker;

import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerStartException;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import java.time.Duration;

/** The failures that tasks, and starts, meet with a worker: their kinds and messages. */
final class WorkerFailures {

    private WorkerFailures() {}

    /** A start that failed; {@code failure} may say why already. */
    static TaskException notStarted(WorkerName name, Throwable failure) {
        return failure instanceof TaskException known
                ? known
                : new WorkerStartException(
                        "worker %s could not be started: %s".formatted(name, failure));
    }

    /** The worker has sent what is no reply to its task. */
    static TaskException protocol(WorkerName name, String description) {
        return new TaskException(
                FailureKind.WORKER_PROTOCOL,
                "worker %s %s; a worker script may write nothing but reply frames to its channel"
                        .formatted(name, description));
    }

    /** The daemon has failed to read an answer. */
    static TaskException defect(WorkerName name, Throwable defect) {
        return new TaskException(
                FailureKind.INTERNAL,
                "the daemon met a defect with the answer of worker %s: %s".formatted(name, defect));
    }

    /** The task ran for longer than {@code timeout}. */
    static TaskException timeout(Duration timeout) {
        return new TaskException(
                FailureKind.TIMEOUT,
                "task ran for longer than timeout_ms=%d and was killed; raise timeout_ms or split it"
                        .formatted(timeout.toMillis()));
    }

    /** The worker ends, or has ended, and has not read the task: another one may run it. */
    static TaskException undelivered(String what) {
        return new UndeliveredException(what);
    }

    /** The process has ended by itself, or was killed by others, while it had a task. */
    static TaskException crashed(WorkerName name, WorkerExit exit, boolean isUnread) {
        String when = isUnread ? "before it had read the task" : "while it ran the task";
        String what = "worker %s %s".formatted(name, exit.describe(when));
        return isUnread ? undelivered(what) : new TaskException(FailureKind.WORKER_CRASHED, what);
    }
}
