package io.parallite.admin;

import io.parallite.dispatch.DispatchSnapshot;
import io.parallite.pool.PoolSnapshot;
import io.parallite.process.ProcessUsage;
import io.parallite.server.Traffic;
import java.util.Map;

/**
 * The engine as of one moment; any thread may read it.
 *
 * @param clients how many are connected
 * @param usage what the workers' processes take, by process id
 */
record EngineSnapshot(
        PoolSnapshot pool,
        DispatchSnapshot tasks,
        int clients,
        Traffic.Totals traffic,
        Map<Long, ProcessUsage> usage) {}
