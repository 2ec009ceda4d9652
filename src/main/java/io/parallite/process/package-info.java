/**
 * Operating-system processes: what workers are started from, how they are started and killed, and
 * how frames reach them.
 *
 * <p>A {@link io.parallite.process.WorkerTransport} starts a process through the {@link
 * io.parallite.process.WorkerLauncher} and opens a {@link io.parallite.process.WorkerChannel} to
 * it: {@code socket} for our own worker script, {@code stdio} for any other. {@link
 * io.parallite.process.ProcessTree} kills a worker with all that it started; the {@link
 * io.parallite.process.Watchdog} does so when the daemon itself is killed. {@link
 * io.parallite.process.RunDirectory} holds sockets and files of this daemon. Imports {@code wire},
 * {@code task}, {@code engine}, {@code config} and {@code units}.
 */
@NullMarked
package io.parallite.process;

import org.jspecify.annotations.NullMarked;
