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

/**
 * Ready while a task would find a worker, or could get one: down while the first ones boot and when
 * none starts, with the reason, up again when one does.
 *
 * <p>The bundled worker counts from its answer to a ping on. A script on stdin and stdout cannot be
 * asked, and would never get a task if it had to answer one first: its living process counts, and
 * the response says so until one has answered.
 */
@Readiness
@Singleton
final class WorkersReady implements AsyncHealthCheck {

    private static final String NAME = "workers";

    private final Checks checks;
    private final Instance<Observed> daemon;

    WorkersReady(Checks checks, Instance<Observed> daemon) {
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

    /** What {@code readiness} makes of the workers of those of the pool that is worst off. */
    static HealthCheckResponse judge(Map<String, PoolSnapshot> pools, ReadinessPolicy readiness) {
        Map.Entry<String, PoolSnapshot> worst = readiness.worst(pools, ReadinessPolicy::workers);
        PoolSnapshot pool = worst.getValue();
        Optional<String> reason = ReadinessPolicy.workers(pool);
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named(NAME)
                        .status(reason.isEmpty() || readiness.isForgiven(pool))
                        .withData("idle", pool.idle())
                        .withData("busy", pool.busy())
                        .withData("starting", pool.starting())
                        .withData("answering", pool.answering())
                        .withData("max", pool.max());
        if (reason.isPresent()) {
            response.withData("reason", ReadinessPolicy.inPool(worst.getKey(), reason.get()));
        } else if (pool.answering() == 0) {
            response.withData("note", note(pool));
        }
        return response.build();
    }

    /** What is left to be seen, although nothing speaks against sending tasks. */
    private static String note(PoolSnapshot pool) {
        return pool.idle() + pool.busy() > 0
                ? "no worker has answered yet: this worker script cannot be asked before its first task"
                : "no worker is kept: the first task starts one";
    }
}
