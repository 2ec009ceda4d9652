/**
 * Processes: a {@link io.parallite.process.tree.WorkerLaunch} says what is started, a {@link
 * io.parallite.process.tree.ProcessTree} is a worker with all that it has started, and the {@link
 * io.parallite.process.tree.ProcessReaper} detects their ends and kills them; the {@link
 * io.parallite.process.tree.Watchdog} does so when the daemon itself is killed. Imports {@code
 * output} and {@code files}.
 */
@NullMarked
package io.parallite.process.tree;

import org.jspecify.annotations.NullMarked;
