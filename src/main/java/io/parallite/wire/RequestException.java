package io.parallite.wire;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import org.jspecify.annotations.Nullable;

/** A frame that is no valid request; knows the task's id where the frame got that far. */
public final class RequestException extends TaskException {

    private static final long serialVersionUID = 1L;

    private final @Nullable String taskId;

    public RequestException(FailureKind kind, String message, @Nullable String taskId) {
        super(kind, message);
        this.taskId = taskId;
    }

    /** The {@code task_id} of the refused frame, so that the client can pair the answer. */
    public @Nullable String taskId() {
        return taskId;
    }
}
