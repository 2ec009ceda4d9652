package io.parallite.admin;

import io.parallite.pool.PoolSnapshot;
import io.parallite.server.ReadinessPolicy;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * A readiness check of one aspect of the pools. It reports the pool that is worst off, and is down
 * with the reason unless {@link ReadinessPolicy} forgives that. Any thread.
 */
abstract class PoolCheck implements AsyncHealthCheck {

    private final String name;
    private final Checks checks;
    private final Instance<Observed> daemon;

    PoolCheck(String name, Checks checks, Instance<Observed> daemon) {
        this.name = name;
        this.checks = checks;
        this.daemon = daemon;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return checks.ask(name, this::look);
    }

    private HealthCheckResponse look() {
        return check(
                daemon.get().dispatcher().pools().snapshots(), daemon.get().figures().readiness());
    }

    /** The response for these pools. */
    abstract HealthCheckResponse check(Map<String, PoolSnapshot> pools, ReadinessPolicy readiness);

    /**
     * Makes the response of a check.
     *
     * @param look gives the problem of a pool, if it has one
     * @param figures adds the figures of the pool in the worst state
     */
    static HealthCheckResponse judge(
            String name,
            Map<String, PoolSnapshot> pools,
            ReadinessPolicy readiness,
            Function<PoolSnapshot, Optional<String>> look,
            BiConsumer<HealthCheckResponseBuilder, PoolSnapshot> figures) {
        Map.Entry<String, PoolSnapshot> worst = readiness.worst(pools, look);
        PoolSnapshot pool = worst.getValue();
        Optional<String> reason = look.apply(pool);
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named(name)
                        .status(reason.isEmpty() || readiness.isForgiven(pool));
        figures.accept(response, pool);
        reason.ifPresent(
                text -> response.withData("reason", ReadinessPolicy.inPool(worst.getKey(), text)));
        return response.build();
    }
}
