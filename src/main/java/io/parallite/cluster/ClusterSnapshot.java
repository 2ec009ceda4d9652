package io.parallite.cluster;

import io.parallite.cluster.store.ClusterLoad;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of a node in its cluster, as of one moment.
 *
 * @param up whether all its connections to Redis are open
 * @param load the waiting and running tasks of the cluster, as of the last heartbeat
 * @param problem why {@code up} is false
 * @param running tasks that it runs for the cluster
 * @param undelivered results that are not stored in Redis yet
 * @param awaited tasks that clients of this node await
 * @param claimed how many tasks it has claimed
 * @param lost how many leases it has lost
 * @param reclaimed how many tasks of dead nodes it has reclaimed
 * @param refused how many results were refused because their lease was lost
 * @param overflowed how many awaited tasks other nodes have taken over
 * @param outbox the tasks that were accepted while Redis was unreachable
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
     * Detached tasks that were accepted while Redis was unreachable.
     *
     * @param tasks how many are not stored yet
     * @param bytes how many bytes they take
     * @param dropped how many Redis has refused afterwards
     */
    public record Submitted(int tasks, long bytes, long dropped) {}

    /** The fields of it in the reply to {@code stats}. */
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
