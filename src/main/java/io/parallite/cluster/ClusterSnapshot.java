package io.parallite.cluster;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node's part in its cluster, as of one moment.
 *
 * @param up whether all its connections to Redis are there
 * @param load what waits and runs in the cluster, as of the last heartbeat
 * @param problem why not
 * @param running tasks that it runs for the cluster
 * @param undelivered results that wait for Redis
 * @param awaited tasks whose end somebody awaits here
 * @param claimed how many tasks it has claimed
 * @param lost how many leases it has lost
 * @param reclaimed how many tasks of dead nodes it has found
 * @param refused how many results came too late
 * @param overflowed how many awaited tasks other nodes have taken over
 * @param outbox what was accepted while Redis was away
 */
public record ClusterSnapshot(
        String node,
        boolean up,
        ClusterLoad load,
        @Nullable String problem,
        int running,
        int undelivered,
        int awaited,
        long claimed,
        long lost,
        long reclaimed,
        long refused,
        long overflowed,
        Submitted outbox) {

    /**
     * Detached tasks that were accepted while Redis was away.
     *
     * @param tasks how many wait for it
     * @param bytes how many bytes they take
     * @param dropped how many Redis has refused then
     */
    public record Submitted(int tasks, long bytes, long dropped) {}

    /** The same as {@code stats} tells it. */
    public Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("node", node);
        figures.put("connected", up);
        if (problem != null) {
            figures.put("problem", problem);
        }
        figures.put("nodes", load.nodes());
        Map<String, Object> backlog = new LinkedHashMap<>();
        backlog.put("high", load.high());
        backlog.put("normal", load.normal());
        backlog.put("low", load.low());
        figures.put("backlog", backlog);
        figures.put("running", load.running());
        figures.put("dead", load.dead());
        figures.put("leased", running);
        figures.put("undelivered", undelivered);
        figures.put("awaited", awaited);
        figures.put("claimed", claimed);
        figures.put("lost", lost);
        figures.put("reclaimed", reclaimed);
        figures.put("refused", refused);
        figures.put("overflowed", overflowed);
        figures.put(
                "outbox",
                Map.of(
                        "tasks", outbox.tasks(),
                        "bytes", outbox.bytes(),
                        "dropped", outbox.dropped()));
        return figures;
    }
}
