package io.parallite.cluster;

import io.parallite.task.TaskId;

/**
 * The right to run a task, for one attempt: good as long as heartbeats renew it.
 *
 * @param token names the attempt; Redis refuses whatever comes under another one
 * @param mayRunAgain whether another node may run the task when this one is lost
 */
record Lease(TaskId id, String token, boolean mayRunAgain) {}
