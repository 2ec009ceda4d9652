package io.parallite.cluster;

import org.jspecify.annotations.Nullable;

/**
 * A node's part in its cluster, as of one moment.
 *
 * @param up whether all its connections to Redis are there
 * @param problem why not
 * @param running tasks that it runs for the cluster
 * @param undelivered results that wait for Redis
 * @param awaited tasks whose end somebody awaits here
 * @param claimed how many tasks it has claimed
 * @param lost how many leases it has lost
 * @param reclaimed how many tasks of dead nodes it has found
 * @param refused how many results came too late
 * @param overflowed how many awaited tasks other nodes have taken over
 */
public record ClusterSnapshot(
        String node,
        boolean up,
        @Nullable String problem,
        int running,
        int undelivered,
        int awaited,
        long claimed,
        long lost,
        long reclaimed,
        long refused,
        long overflowed) {}
