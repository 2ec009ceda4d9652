package io.parallite.wire;

/**
 * What the daemon reads of a worker's reply.
 *
 * @param taskId whose reply it is
 * @param ok whether the task succeeded
 * @param workerEnds whether the worker says that it takes no further task, as it must after {@code
 *     exit()} or a fatal error in a closure
 */
public record ReplyEnvelope(String taskId, boolean ok, boolean workerEnds) {}
