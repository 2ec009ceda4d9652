/**
 * What workers are made of, as operating-system processes: what the packages above see of it. A
 * {@link io.parallite.process.WorkerTransport} starts the process of a {@link
 * io.parallite.process.WorkerName} by a {@link io.parallite.process.WorkerCommand}, and opens a
 * {@link io.parallite.process.WorkerChannel} to it. Imports {@code wire}, {@code task}, {@code
 * engine}, {@code config} and {@code units}, and none of its own packages.
 *
 * <p>How that is done is in these, in the order in which a start passes through them; each imports
 * only from those that follow, and from this one:
 *
 * <ul>
 *   <li>{@code launch}: the two transports, and how a worker is started or forked
 *   <li>{@code channel}: frames to and from a worker
 *   <li>{@code tree}: a worker's process with all that it starts, and how they are ended
 *   <li>{@code output}: standard error
 *   <li>{@code files}: run-time directories, locks and control groups
 *   <li>{@code resources}: the memory, processor time, threads and descriptors in use
 * </ul>
 */
@NullMarked
package io.parallite.process;

import org.jspecify.annotations.NullMarked;
