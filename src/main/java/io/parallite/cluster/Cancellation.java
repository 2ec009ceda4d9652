package io.parallite.cluster;

import io.parallite.task.TaskState;

/**
 * What came of the wish to cancel a task.
 *
 * @param done whether there was something to cancel
 * @param state in which the task is now
 */
public record Cancellation(boolean done, TaskState state) {}
