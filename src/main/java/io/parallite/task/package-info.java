/**
 * What a task is and how it can end, in plain Java: {@link io.parallite.task.Task}, {@link
 * io.parallite.task.TaskResult}, {@link io.parallite.task.FailureKind}. Nothing here knows about
 * sockets, encodings or processes.
 */
@NullMarked
package io.parallite.task;

import org.jspecify.annotations.NullMarked;
