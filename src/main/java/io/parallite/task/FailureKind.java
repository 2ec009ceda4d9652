package io.parallite.task;

/**
 * Why a request or a task failed, as sent to clients in {@code error_code}.
 *
 * <p>These are the daemon's own kinds. A worker's answer carries a code of the worker's choosing
 * ({@code EXCEPTION}, {@code FATAL}, …) and is passed on untouched.
 */
public enum FailureKind {
    /** The frame is neither a JSON nor a MessagePack map, or ends in the middle of one. */
    MALFORMED_FRAME,
    /** The map is well-formed, but a field is missing, of the wrong type or unknown. */
    INVALID_REQUEST,
    /** The client has not shown the token that this address asks for. */
    UNAUTHORIZED,
    /** The frame is longer than {@code max_payload_bytes}. */
    PAYLOAD_TOO_LARGE,
    /** There is no memory for the request beside what the daemon keeps for clients already. */
    BUDGET_EXCEEDED,
    /** The rest of a frame that had begun did not come in time. */
    FRAME_TIMEOUT,
    /** Another payload was submitted under the same {@code task_id}. */
    CONFLICT,
    /** No task of that id is in flight or retained. */
    NOT_FOUND,
    /** {@code max_queue} tasks are waiting already. */
    QUEUE_FULL,
    /** The client has all that one client may have: {@code quota_tasks} and its like. */
    QUOTA_EXCEEDED,
    /** As many tasks as may wait for tasks of their own already. */
    WOULD_DEADLOCK,
    /** The task waited {@code queue_timeout_ms} without getting a worker. */
    QUEUE_TIMEOUT,
    /** The task ran for longer than its {@code timeout_ms}; its worker was killed. */
    TIMEOUT,
    /** A client cancelled the task. */
    CANCELLED,
    /** The worker ended before it answered. */
    WORKER_CRASHED,
    /** No worker could be started. */
    WORKER_START_FAILED,
    /** The worker sent something that is not the reply to its task. */
    WORKER_PROTOCOL,
    /** The daemon is stopping and takes no more tasks: this one has not run. */
    SHUTTING_DOWN,
    /** The daemon has stopped and killed the worker of the task, which may have run in part. */
    ABORTED,
    /** The worker's reply cannot be expressed in the encoding of the client. */
    RESULT_NOT_ENCODABLE,
    /** The workers could not be replaced by new ones. */
    RELOAD_FAILED,
    /** The cluster's Redis cannot be reached, or refuses. */
    CLUSTER_UNAVAILABLE,
    /** The machine that ran the task was lost, and the task is not run again. */
    NODE_LOST,
    /** The result is longer than {@code cluster_max_payload_bytes}. */
    RESULT_TOO_LARGE,
    /** A value that the task shares with others is not kept here any longer. */
    SHARED_GONE,
    /** What came over Redis is not signed with the cluster's secret. */
    INVALID_SIGNATURE,
    /** A defect of the daemon. */
    INTERNAL;

    /**
     * Whether a task that ended so has failed by itself: {@code fail_mode=stop_all} stops on it.
     */
    public boolean isTaskFailure() {
        return switch (this) {
            case TIMEOUT,
                    QUEUE_TIMEOUT,
                    WORKER_CRASHED,
                    WORKER_START_FAILED,
                    WORKER_PROTOCOL,
                    NODE_LOST,
                    INTERNAL ->
                    true;
            case MALFORMED_FRAME,
                    INVALID_REQUEST,
                    UNAUTHORIZED,
                    PAYLOAD_TOO_LARGE,
                    BUDGET_EXCEEDED,
                    FRAME_TIMEOUT,
                    CONFLICT,
                    NOT_FOUND,
                    QUEUE_FULL,
                    QUOTA_EXCEEDED,
                    WOULD_DEADLOCK,
                    CANCELLED,
                    SHUTTING_DOWN,
                    ABORTED,
                    RESULT_NOT_ENCODABLE,
                    RESULT_TOO_LARGE,
                    CLUSTER_UNAVAILABLE,
                    SHARED_GONE,
                    INVALID_SIGNATURE,
                    RELOAD_FAILED ->
                    false;
        };
    }

    /** Whether the task may have run, or was given up by its client: it is not run again. */
    public boolean endsATaskThatRan() {
        return this == CANCELLED
                || this == ABORTED
                || (isTaskFailure() && this != QUEUE_TIMEOUT && this != WORKER_START_FAILED);
    }
}
