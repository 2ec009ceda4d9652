package io.parallite.process;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;

/** A worker that did not become ready: what happened, and the end of its standard error. */
public final class WorkerStartException extends TaskException {

    private static final long serialVersionUID = 1L;

    private final boolean bySignal;

    public WorkerStartException(String message) {
        this(message, false);
    }

    /**
     * @param bySignal whether another process killed the worker, which says nothing about its
     *     script
     */
    public WorkerStartException(String message, boolean bySignal) {
        super(FailureKind.WORKER_START_FAILED, message);
        this.bySignal = bySignal;
    }

    public boolean isBySignal() {
        return bySignal;
    }
}
