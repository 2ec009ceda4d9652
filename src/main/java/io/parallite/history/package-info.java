/**
 * The tasks that have ended lately, in memory that does not grow: the last ones, rates and
 * durations over the last minute, and the failures with what is known of them.
 *
 * <p>{@link io.parallite.history.TaskLog} is the key type, to which the dispatcher adds each task
 * that has ended. {@link io.parallite.history.FailureFile} keeps failures over a restart. Imports
 * {@code wire}, {@code task}, {@code engine}, {@code config} and {@code units}.
 */
@NullMarked
package io.parallite.history;

import org.jspecify.annotations.NullMarked;
