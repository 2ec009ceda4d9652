package io.parallite.admin;

import io.parallite.cluster.ClusterSnapshot;
import io.parallite.cluster.store.ClusterLoad;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * This node's part in its cluster as metrics; a daemon on its own has none of them. What waits in
 * the cluster is as of the last heartbeat, the same on each node of a release. Any thread.
 */
final class ClusterMetrics {

    /** How a gauge or a counter is registered. */
    interface Kind {
        void register(
                String name, String help, ToDoubleFunction<EngineSnapshot> figure, String... tags);
    }

    private final Kind gauge;
    private final Kind counter;

    ClusterMetrics(Kind gauge, Kind counter) {
        this.gauge = gauge;
        this.counter = counter;
    }

    /** Registers all of them. */
    void register() {
        gauge(
                "connected",
                "1 while Redis is there, 0 while the connections to it are made again",
                node -> node.up() ? 1 : 0);
        load("nodes", "Living nodes of all releases", ClusterLoad::nodes);
        Map<String, ToLongFunction<ClusterLoad>> priorities =
                Map.of(
                        "high", ClusterLoad::high,
                        "normal", ClusterLoad::normal,
                        "low", ClusterLoad::low);
        priorities.forEach(
                (priority, waiting) ->
                        gauge.register(
                                "parallite.cluster.backlog.tasks",
                                "Tasks of this node's release that wait in the cluster",
                                figure(node -> waiting.applyAsLong(node.load())),
                                "priority",
                                priority));
        load(
                "running.tasks",
                "Tasks of this node's release that run on some node",
                ClusterLoad::running);
        load("dead.letters", "Tasks that were put aside", ClusterLoad::dead);
        gauge(
                "leased.tasks",
                "Tasks that this node runs for the cluster",
                ClusterSnapshot::running);
        gauge(
                "undelivered.results",
                "Results of this node that wait for Redis",
                ClusterSnapshot::undelivered);
        gauge(
                "awaited.tasks",
                "Tasks whose end somebody awaits on this node",
                ClusterSnapshot::awaited);
        counter("claimed.tasks", "Tasks that this node has claimed", ClusterSnapshot::claimed);
        counter("lost.leases", "Leases that this node has lost", ClusterSnapshot::lost);
        counter(
                "reclaimed.tasks",
                "Tasks of lost nodes that this node has found",
                ClusterSnapshot::reclaimed);
        counter(
                "refused.results",
                "Results of this node that came after their lease was lost",
                ClusterSnapshot::refused);
        counter(
                "overflowed.tasks",
                "Awaited tasks of this node that others have taken over",
                ClusterSnapshot::overflowed);
        gauge(
                "outbox.tasks",
                "Detached tasks that were accepted while Redis was away and wait for it",
                node -> node.outbox().tasks());
        counter(
                "dropped.tasks",
                "Detached tasks that were accepted while Redis was away, which it refused then",
                node -> node.outbox().dropped());
    }

    private void load(String name, String help, ToDoubleFunction<ClusterLoad> figure) {
        gauge(name, help, node -> figure.applyAsDouble(node.load()));
    }

    private void gauge(String name, String help, ToDoubleFunction<ClusterSnapshot> figure) {
        gauge.register("parallite.cluster." + name, help, figure(figure));
    }

    private void counter(String name, String help, ToDoubleFunction<ClusterSnapshot> figure) {
        counter.register("parallite.cluster." + name, help, figure(figure));
    }

    private static ToDoubleFunction<EngineSnapshot> figure(
            ToDoubleFunction<ClusterSnapshot> figure) {
        return snapshot -> {
            ClusterSnapshot node = snapshot.cluster();
            return node == null ? Double.NaN : figure.applyAsDouble(node);
        };
    }
}
