/**
 * PHP processes and the pool that leases them.
 *
 * <p>{@link io.parallite.worker.WorkerPool} is the key type: {@code withWorker} waits for a free
 * worker in the pool's {@link io.parallite.worker.TaskQueue}, hands out a {@link
 * io.parallite.worker.WorkerLease}, and takes the worker back exactly once. Its {@link
 * io.parallite.worker.Crew} keeps the workers, and {@link io.parallite.worker.Succession} replaces
 * those that end; {@link io.parallite.worker.Prefetching} lays waiting tasks beside running ones. A
 * {@link io.parallite.worker.Worker} has one {@link io.parallite.worker.Conversation} at a time
 * over its {@link io.parallite.worker.WorkerChannel}, which a {@link
 * io.parallite.worker.WorkerTransport} opens: {@code socket} for our own worker script, {@code
 * stdio} for any other. {@link io.parallite.worker.WorkerLauncher} starts and kills the processes.
 * Imports {@code wire}, {@code task}, {@code engine} and {@code config}.
 */
@NullMarked
package io.parallite.worker;

import org.jspecify.annotations.NullMarked;
