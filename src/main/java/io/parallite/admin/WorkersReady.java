package io.parallite.admin;

import io.parallite.dispatch.Dispatcher;
import io.parallite.pool.PoolSnapshot;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
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
                        .withData("answering", pool.answering())
                        .withData("max", pool.max());
        if (!pool.isServing()) {
            response.withData("reason", reason(pool));
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

    private static String reason(PoolSnapshot pool) {
        if (pool.draining()) {
            return "the daemon is stopping";
        }
        if (pool.startFailure() != null) {
            return "workers do not start, and it is tried again: " + pool.startFailure();
        }
        return pool.starting() > 0
                ? "no worker has answered yet; %d are starting".formatted(pool.starting())
                : "no worker runs, and none is starting; the log says why they ended";
    }
}
