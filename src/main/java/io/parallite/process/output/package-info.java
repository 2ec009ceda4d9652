/**
 * What workers write to standard error: the {@link io.parallite.process.output.PipeReader} reads
 * it, and a {@link io.parallite.process.output.StderrTail} cuts it into the lines of each task,
 * logs them, and keeps the last for error messages.
 */
@NullMarked
package io.parallite.process.output;

import org.jspecify.annotations.NullMarked;
