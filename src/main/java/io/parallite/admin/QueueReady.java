package io.parallite.admin;

import io.parallite.pool.PoolSnapshot;
import io.parallite.server.ReadinessPolicy;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
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
        return judge(daemon.get().dispatcher().poolSnapshot(), daemon.get().figures().readiness());
    }

    /** What {@code readiness} makes of the queue of {@code pool}. */
    static HealthCheckResponse judge(PoolSnapshot pool, ReadinessPolicy readiness) {
        Optional<String> reason = readiness.queue(pool);
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named(NAME)
                        .status(reason.isEmpty() || readiness.isForgiven(pool))
                        .withData("waiting", pool.queued())
                        .withData("max", readiness.limit(pool));
        reason.ifPresent(text -> response.withData("reason", text));
        return response.build();
    }
}
