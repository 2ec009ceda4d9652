package io.parallite.task;

import java.util.Arrays;
import java.util.Optional;

/** Where a task is: waiting for a worker, on one, or done. */
public enum TaskState {
    PENDING("pending"),
    RUNNING("running"),
    COMPLETED("completed"),
    FAILED("failed");

    private final String wireName;

    TaskState(String wireName) {
        this.wireName = wireName;
    }

    /** The name in {@code status} replies. */
    public String wireName() {
        return wireName;
    }

    /** The state of this name in {@code status} replies. */
    public static Optional<TaskState> named(String wireName) {
        return Arrays.stream(values()).filter(state -> state.wireName.equals(wireName)).findFirst();
    }
}
