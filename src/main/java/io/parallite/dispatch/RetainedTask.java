package io.parallite.dispatch;

import io.parallite.task.TaskResult;
import io.parallite.task.TaskStatus;

/** A task that has ended, as kept for those who ask again. */
record RetainedTask(long fingerprint, TaskStatus status, TaskResult result) {

    /** Its status with the reason of its failure, which is kept in the result only. */
    TaskStatus describe() {
        return status.with(Failures.in(result));
    }
}
