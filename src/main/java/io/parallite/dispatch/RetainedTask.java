package io.parallite.dispatch;

import io.parallite.task.TaskDetail;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskStatus;

/** A task that has ended, as kept for those who ask again. */
record RetainedTask(long fingerprint, TaskStatus status, TaskResult result) {

    TaskDetail detail() {
        return new TaskDetail(
                status,
                result instanceof TaskResult.Replied(byte[] frame, boolean ignored) ? frame : null);
    }
}
