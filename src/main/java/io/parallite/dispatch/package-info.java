/**
 * From task to result: {@link io.parallite.dispatch.Dispatcher} runs each task once, however often
 * it is submitted or awaited; {@link io.parallite.dispatch.KnownTasks} finds tasks by id; {@link
 * io.parallite.dispatch.TaskCache} retains results for clients that ask later. {@link
 * io.parallite.dispatch.TaskLog} remembers the tasks that have ended last; a {@link
 * io.parallite.dispatch.TaskListener} is called for every task. Imports {@code worker}, {@code
 * wire}, {@code task}, {@code engine} and {@code config}.
 */
@NullMarked
package io.parallite.dispatch;

import org.jspecify.annotations.NullMarked;
