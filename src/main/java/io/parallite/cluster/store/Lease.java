package io.parallite.cluster.store;

import io.parallite.task.TaskId;

/**
 * The right to run a task, for one attempt; valid as long as heartbeats renew it.
 *
 * @param token identifies the attempt; Redis refuses changes under another token
 * @param mayRunAgain whether another node may run the task when this node is lost
 */
public record Lease(TaskId id, String token, boolean mayRunAgain) {}
