package io.parallite.admin;

import io.parallite.pool.PoolSnapshot;
import io.parallite.server.ReadinessPolicy;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;

/**
 * Each pool by its name as metrics, beside those that are sums over all; a daemon with one pool has
 * none of them. Any thread.
 */
final class PoolMetrics {

    private static final double MILLIS_PER_SECOND = 1000;

    private static final Map<String, ToIntFunction<PoolSnapshot>> STATES =
            Map.of(
                    "starting", PoolSnapshot::starting,
                    "idle", PoolSnapshot::idle,
                    "busy", PoolSnapshot::busy,
                    "ending", PoolSnapshot::ending);

    private final ClusterMetrics.Kind gauge;
    private final ClusterMetrics.Kind counter;

    PoolMetrics(ClusterMetrics.Kind gauge, ClusterMetrics.Kind counter) {
        this.gauge = gauge;
        this.counter = counter;
    }

    /** Registers those of all pools. */
    void register(Set<String> pools) {
        pools.forEach(this::register);
    }

    private void register(String pool) {
        STATES.forEach(
                (state, count) ->
                        gauge.register(
                                "parallite.pool.workers",
                                "Worker processes of a pool by state",
                                figure(pool, count::applyAsInt),
                                "pool",
                                pool,
                                "state",
                                state));
        gauge(
                pool,
                "workers.max",
                "max_workers of a pool: most worker processes at a time",
                PoolSnapshot::max);
        gauge(pool, "queue.tasks", "Tasks that wait for a worker of a pool", PoolSnapshot::queued);
        gauge(
                pool,
                "queue.limit.tasks",
                "Most tasks that may wait for a worker of a pool",
                ReadinessPolicy::limit);
        gauge(
                pool,
                "queue.oldest.seconds",
                "How long the oldest of them has waited",
                each -> each.oldestQueuedMillis() / MILLIS_PER_SECOND);
        gauge(
                pool,
                "paused",
                "1 while a pool is paused, so that no waiting task gets a worker",
                each -> each.paused() ? 1 : 0);
        gauge(
                pool,
                "serving",
                "1 while a task would find a worker in a pool, or could get one",
                each -> each.isServing() ? 1 : 0);
        counter.register(
                "parallite.pool.restarts",
                "Persistent workers of a pool that were replaced",
                figure(pool, PoolSnapshot::restarts),
                "pool",
                pool);
    }

    private void gauge(
            String pool, String name, String help, ToDoubleFunction<PoolSnapshot> figure) {
        gauge.register("parallite.pool." + name, help, figure(pool, figure), "pool", pool);
    }

    private static ToDoubleFunction<EngineSnapshot> figure(
            String name, ToDoubleFunction<PoolSnapshot> figure) {
        return snapshot -> {
            PoolSnapshot pool = snapshot.pools().get(name);
            return pool == null ? Double.NaN : figure.applyAsDouble(pool);
        };
    }
}
