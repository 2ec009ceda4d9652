package io.parallite.admin;

import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Engine;
import io.parallite.worker.PoolSnapshot;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while a task would find a worker or could get one: down when workers do not start, with the
 * reason, up again when they do. Asked on HTTP's thread, answered on the engine's.
 */
@Readiness
@Singleton
final class WorkersReady implements AsyncHealthCheck {

    private final Instance<Engine> engine;
    private final Instance<Dispatcher> dispatcher;

    WorkersReady(Instance<Engine> engine, Instance<Dispatcher> dispatcher) {
        this.engine = engine;
        this.dispatcher = dispatcher;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Uni.createFrom()
                .emitter(
                        emitter ->
                                engine.get()
                                        .execute(
                                                () ->
                                                        emitter.complete(
                                                                response(
                                                                        dispatcher
                                                                                .get()
                                                                                .poolSnapshot()))));
    }

    private static HealthCheckResponse response(PoolSnapshot pool) {
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named("workers")
                        .status(pool.isServing())
                        .withData("idle", pool.idle())
                        .withData("busy", pool.busy())
                        .withData("starting", pool.starting())
                        .withData("queued", pool.queued())
                        .withData("max", pool.max());
        if (pool.startFailure() != null) {
            response.withData("start_failure", pool.startFailure());
        }
        return response.build();
    }
}
