package io.parallite.admin;

import io.parallite.dispatch.Dispatcher;
import io.parallite.worker.PoolSnapshot;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while a task would find a worker that has reported, or could get one: down while the first
 * ones boot and when none starts, with the reason, up again when one does.
 */
@Readiness
@Singleton
final class WorkersReady implements AsyncHealthCheck {

    private static final String NAME = "workers";

    private final EngineView engine;
    private final Instance<Dispatcher> dispatcher;

    WorkersReady(EngineView engine, Instance<Dispatcher> dispatcher) {
        this.engine = engine;
        this.dispatcher = dispatcher;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Checks.orDown(NAME, engine.ask(() -> judge(dispatcher.get().poolSnapshot())));
    }

    static HealthCheckResponse judge(PoolSnapshot pool) {
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named(NAME)
                        .status(pool.isServing())
                        .withData("idle", pool.idle())
                        .withData("busy", pool.busy())
                        .withData("starting", pool.starting())
                        .withData("max", pool.max());
        if (!pool.isServing()) {
            response.withData("reason", reason(pool));
        }
        return response.build();
    }

    private static String reason(PoolSnapshot pool) {
        if (pool.draining()) {
            return "the daemon is stopping";
        }
        if (pool.startFailure() != null) {
            return "workers do not start, and it is tried again: " + pool.startFailure();
        }
        return pool.starting() > 0
                ? "no worker has reported yet; %d are starting".formatted(pool.starting())
                : "no worker runs, and none is starting; the log says why they ended";
    }
}
