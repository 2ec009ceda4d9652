package io.parallite.dispatch;

import io.parallite.task.TaskDetail;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskStatus;
import java.util.Optional;

/** A task that has ended, as kept for those who ask again. */
record RetainedTask(long fingerprint, TaskStatus status, TaskResult result) {

    /**
     * All that is kept of it.
     *
     * @param remembered what the log has of that id, with the progress that is not retained;
     *     another run is left out of account
     */
    TaskDetail detail(Optional<TaskDetail> remembered) {
        TaskStatus whole =
                remembered
                        .map(TaskDetail::status)
                        .filter(known -> known.submittedAt() == status.submittedAt())
                        .map(known -> status.withProgress(known.progress()))
                        .orElse(status);
        return new TaskDetail(
                whole,
                result instanceof TaskResult.Replied(byte[] frame, boolean ignored) ? frame : null);
    }
}
