package io.parallite.admin;

import io.parallite.dispatch.DispatchSnapshot;
import io.parallite.worker.PoolSnapshot;

/**
 * The engine as of one moment; any thread may read it.
 *
 * @param clients how many are connected
 * @param oldestWaitNanos how long the oldest task in the queue has waited, 0 without one
 */
record EngineSnapshot(
        PoolSnapshot pool, DispatchSnapshot tasks, int clients, long oldestWaitNanos) {}
