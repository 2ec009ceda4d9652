/**
 * Which workers there are, and which task gets one: the queue, its lanes, sizing, restarts,
 * recycling, reload and prefetching.
 *
 * <p>{@link io.parallite.pool.WorkerPool} is the key type: {@code withWorker} waits for a free
 * worker in the {@link io.parallite.pool.TaskQueue}, runs the caller's work with a {@link
 * io.parallite.worker.WorkerLease}, and takes the worker back exactly once. Imports {@code worker}
 * and what is below it.
 */
@NullMarked
package io.parallite.pool;

import org.jspecify.annotations.NullMarked;
