package io.parallite.admin;

import io.parallite.pool.PoolSnapshot;
import io.parallite.server.ReadinessPolicy;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while a task would find a worker or could get one: down while the first workers start, and
 * while none can be started, with the reason.
 *
 * <p>The bundled worker counts once it has answered a ping. A script on stdin and stdout takes no
 * pings, and would never get a task if it had to answer one first: its process counts once it has
 * lived for a moment, and the response mentions that until the first answer.
 */
@Readiness
@Singleton
final class WorkersReady extends PoolCheck {

    private static final String NAME = "workers";

    WorkersReady(Checks checks, Instance<Observed> daemon) {
        super(NAME, checks, daemon);
    }

    @Override
    HealthCheckResponse check(Map<String, PoolSnapshot> pools, ReadinessPolicy readiness) {
        return judge(pools, readiness);
    }

    static HealthCheckResponse judge(Map<String, PoolSnapshot> pools, ReadinessPolicy readiness) {
        return judge(NAME, pools, readiness, ReadinessPolicy::workers, WorkersReady::addFigures);
    }

    private static void addFigures(HealthCheckResponseBuilder response, PoolSnapshot pool) {
        response.withData("idle", pool.idle())
                .withData("busy", pool.busy())
                .withData("starting", pool.starting())
                .withData("answering", pool.answering())
                .withData("max", pool.max());
        if (pool.answering() == 0 && ReadinessPolicy.workers(pool).isEmpty()) {
            response.withData("note", note(pool));
        }
    }

    /** What is still unproven, although tasks may be sent. */
    private static String note(PoolSnapshot pool) {
        return pool.idle() + pool.busy() > 0
                ? "no worker has answered yet: this worker script cannot be asked before its first task"
                : "no worker is kept: the first task starts one";
    }
}
