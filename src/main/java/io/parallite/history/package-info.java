/**
 * The tasks that have ended lately, in bounded memory: the latest ones, rates and durations of the
 * last minute, and the failures with their details.
 *
 * <p>{@link io.parallite.history.TaskLog} is the key type, to which the dispatcher adds each task
 * that has ended. {@link io.parallite.history.FailureFile} keeps failures across a restart. Imports
 * {@code wire}, {@code task}, {@code engine}, {@code config} and {@code units}.
 */
@NullMarked
package io.parallite.history;

import org.jspecify.annotations.NullMarked;
