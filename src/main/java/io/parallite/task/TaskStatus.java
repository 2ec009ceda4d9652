package io.parallite.task;

/**
 * A task's state and times, as of one moment.
 *
 * @param submittedAt milliseconds since the epoch
 * @param startedAt the same, of its (last) dispatch to a worker; 0 when it never got one
 * @param finishedAt the same, of its end; 0 while it is in flight
 */
public record TaskStatus(
        TaskId id, TaskState state, long submittedAt, long startedAt, long finishedAt) {}
