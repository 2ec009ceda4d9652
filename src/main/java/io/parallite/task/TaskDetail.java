package io.parallite.task;

import org.jspecify.annotations.Nullable;

/**
 * All that is kept of one task.
 *
 * @param reply the worker's reply, or what was kept of it; {@code null} without one
 */
@SuppressWarnings("ArrayRecordComponent") // frames are never compared
public record TaskDetail(TaskStatus status, byte @Nullable [] reply) {}
