package io.parallite.task;

import java.util.Arrays;
import java.util.Optional;

/** Where a task is: waiting for a worker, on one, or done. What was cancelled has not failed. */
public enum TaskState {
    PENDING("pending"),
    RUNNING("running"),
    COMPLETED("completed"),
    FAILED("failed"),
    CANCELLED("cancelled");

    private final String wireName;

    TaskState(String wireName) {
        this.wireName = wireName;
    }

    /** The name in {@code status} replies. */
    public String wireName() {
        return wireName;
    }

    /** Whether the task is done. */
    public boolean isOver() {
        return switch (this) {
            case PENDING, RUNNING -> false;
            case COMPLETED, FAILED, CANCELLED -> true;
        };
    }

    /** The state of this name in {@code status} replies. */
    public static Optional<TaskState> named(String wireName) {
        return Arrays.stream(values()).filter(state -> state.wireName.equals(wireName)).findFirst();
    }
}
