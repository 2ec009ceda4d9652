package io.parallite.admin;

import io.parallite.cluster.ClusterSnapshot;
import io.parallite.dispatch.DispatchSnapshot;
import io.parallite.pool.PoolSnapshot;
import io.parallite.process.resources.ProcessUsage;
import io.parallite.server.QuotaSnapshot;
import io.parallite.server.Traffic;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The engine as of one moment; any thread may read it.
 *
 * @param pool all pools as if they were one
 * @param pools each by its name
 * @param clients how many are connected
 * @param quotas who they are, and what they have in flight
 * @param cluster its part in a cluster; {@code null} when it is on its own
 * @param usage what the workers' processes take, by process id
 */
record EngineSnapshot(
        PoolSnapshot pool,
        Map<String, PoolSnapshot> pools,
        DispatchSnapshot tasks,
        int clients,
        QuotaSnapshot quotas,
        Traffic.Totals traffic,
        @Nullable ClusterSnapshot cluster,
        Map<Long, ProcessUsage> usage) {}
