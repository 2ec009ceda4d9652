package io.parallite.wire;

/** What the daemon reads of a worker's reply: whose it is, and whether the task succeeded. */
public record ReplyEnvelope(String taskId, boolean ok) {}
