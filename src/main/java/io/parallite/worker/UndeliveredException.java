package io.parallite.worker;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;

/**
 * A worker ended before it had read the task, which thus cannot have begun: it is safe to run it on
 * another worker.
 */
public final class UndeliveredException extends TaskException {

    private static final long serialVersionUID = 1L;

    UndeliveredException(String message) {
        super(FailureKind.WORKER_CRASHED, message);
    }
}
