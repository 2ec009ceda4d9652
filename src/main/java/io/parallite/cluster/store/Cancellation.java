package io.parallite.cluster.store;

import io.parallite.task.TaskState;

/**
 * The outcome of a request to cancel a task.
 *
 * @param done whether there was something to cancel
 * @param state the state of the task now
 */
public record Cancellation(boolean done, TaskState state) {}
