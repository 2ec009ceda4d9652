package io.parallite.admin;

import io.parallite.pool.PoolSnapshot;
import io.parallite.server.ReadinessPolicy;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready while a task would be let into the queue. */
@Readiness
@Singleton
final class QueueReady extends PoolCheck {

    private static final String NAME = "queue";

    QueueReady(Checks checks, Instance<Observed> daemon) {
        super(NAME, checks, daemon);
    }

    @Override
    HealthCheckResponse check(Map<String, PoolSnapshot> pools, ReadinessPolicy readiness) {
        return judge(pools, readiness);
    }

    static HealthCheckResponse judge(Map<String, PoolSnapshot> pools, ReadinessPolicy readiness) {
        return judge(
                NAME,
                pools,
                readiness,
                ReadinessPolicy::queue,
                (response, pool) ->
                        response.withData("waiting", pool.queued())
                                .withData("max", ReadinessPolicy.limit(pool)));
    }
}
