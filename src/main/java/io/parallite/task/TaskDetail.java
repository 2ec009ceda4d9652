package io.parallite.task;

import org.jspecify.annotations.Nullable;

/**
 * All that is kept of one task.
 *
 * @param reply the worker's reply, or what was kept of it, or what is known of what a running task
 *     has printed; {@code null} without one
 */
@SuppressWarnings("ArrayRecordComponent") // frames are never compared
public record TaskDetail(TaskStatus status, byte @Nullable [] reply) {}
