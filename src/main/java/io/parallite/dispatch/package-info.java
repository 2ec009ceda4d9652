/**
 * From task to result: {@link io.parallite.dispatch.Dispatcher} runs each task once, however often
 * it is submitted or awaited, and {@link io.parallite.dispatch.TaskCache} keeps results for those
 * who come back for them. {@link io.parallite.dispatch.TaskLog} remembers what happened lately, a
 * {@link io.parallite.dispatch.TaskListener} hears of every task. Imports {@code worker}, {@code
 * wire}, {@code task}, {@code engine} and {@code config}.
 */
@NullMarked
package io.parallite.dispatch;

import org.jspecify.annotations.NullMarked;
