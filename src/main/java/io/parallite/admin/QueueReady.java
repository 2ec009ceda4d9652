package io.parallite.admin;

import io.parallite.pool.PoolSnapshot;
import io.parallite.server.ReadinessPolicy;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready while a task would be let into the queue. */
@Readiness
@Singleton
final class QueueReady implements AsyncHealthCheck {

    private static final String NAME = "queue";

    private final Checks checks;
    private final Instance<Observed> daemon;

    QueueReady(Checks checks, Instance<Observed> daemon) {
        this.checks = checks;
        this.daemon = daemon;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return checks.ask(NAME, this::look);
    }

    private HealthCheckResponse look() {
        return judge(
                daemon.get().dispatcher().pools().snapshots(), daemon.get().figures().readiness());
    }

    /** What {@code readiness} makes of the queue of those of the pool that is worst off. */
    static HealthCheckResponse judge(Map<String, PoolSnapshot> pools, ReadinessPolicy readiness) {
        Map.Entry<String, PoolSnapshot> worst = readiness.worst(pools, ReadinessPolicy::queue);
        PoolSnapshot pool = worst.getValue();
        Optional<String> reason = ReadinessPolicy.queue(pool);
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named(NAME)
                        .status(reason.isEmpty() || readiness.isForgiven(pool))
                        .withData("waiting", pool.queued())
                        .withData("max", ReadinessPolicy.limit(pool));
        reason.ifPresent(
                text -> response.withData("reason", ReadinessPolicy.inPool(worst.getKey(), text)));
        return response.build();
    }
}
