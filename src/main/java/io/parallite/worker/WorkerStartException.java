package io.parallite.worker;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;

/** A worker that did not become ready: what happened, and its last words. */
final class WorkerStartException extends TaskException {

    private static final long serialVersionUID = 1L;

    WorkerStartException(String message) {
        super(FailureKind.WORKER_START_FAILED, message);
    }
}
