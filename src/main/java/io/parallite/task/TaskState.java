package io.parallite.task;

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
}
