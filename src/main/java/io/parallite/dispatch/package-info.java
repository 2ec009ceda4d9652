/**
 * From task to result: {@link io.parallite.dispatch.Dispatcher} runs each task once, however often
 * it is submitted or awaited; {@link io.parallite.dispatch.KnownTasks} finds tasks by id; {@link
 * io.parallite.dispatch.TaskCache} retains results for clients that ask later. {@link
 * io.parallite.history.TaskLog} remembers the tasks that have ended last; a {@link
 * io.parallite.dispatch.TaskListener} is called for every task. Imports {@code history}, {@code
 * cluster}, {@code pool} and what is below those.
 */
@NullMarked
package io.parallite.dispatch;

import org.jspecify.annotations.NullMarked;
