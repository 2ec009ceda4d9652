package io.parallite.task;

/**
 * Failures of one kind at one place.
 *
 * @param failure that of the newest
 * @param count how many there were
 * @param firstAt when the first one ended, in milliseconds since the epoch
 * @param lastAt when the newest one ended
 * @param newest the id of that task
 */
public record FailureGroup(
        TaskFailure failure, long count, long firstAt, long lastAt, TaskId newest) {

    /** The same with one more, the newest. */
    public FailureGroup plus(TaskFailure more, long at, TaskId id) {
        return new FailureGroup(more, count + 1, firstAt, at, id);
    }
}
