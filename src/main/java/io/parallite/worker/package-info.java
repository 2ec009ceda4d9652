/**
 * One PHP worker: its states, its task, and the lease under which it runs a task.
 *
 * <p>{@link io.parallite.worker.Worker} is the key type. A {@link io.parallite.worker.WorkerLease}
 * is the right to run one task on it; {@link io.parallite.worker.WorkerOwner} is how a worker
 * reports to the pool. Imports {@code process} and what is below it.
 */
@NullMarked
package io.parallite.worker;

import org.jspecify.annotations.NullMarked;
