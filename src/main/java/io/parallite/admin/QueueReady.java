package io.parallite.admin;

import io.parallite.config.ParalliteConfig;
import io.parallite.dispatch.Dispatcher;
import io.parallite.pool.PoolSnapshot;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready while a task would be let into the queue. */
@Readiness
@Singleton
final class QueueReady implements AsyncHealthCheck {

    private static final String NAME = "queue";

    private final EngineView engine;
    private final ParalliteConfig config;
    private final Instance<Dispatcher> dispatcher;

    QueueReady(EngineView engine, ParalliteConfig config, Instance<Dispatcher> dispatcher) {
        this.engine = engine;
        this.config = config;
        this.dispatcher = dispatcher;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Checks.orDown(
                NAME, engine.ask(() -> judge(dispatcher.get().poolSnapshot(), config.maxQueue())));
    }

    /** The queue holds {@code most} tasks besides those for which workers are there or may come. */
    static HealthCheckResponse judge(PoolSnapshot pool, int most) {
        int waiting = pool.queued();
        int unstarted = pool.max() - pool.idle() - pool.busy() - pool.starting() - pool.ending();
        int coming = pool.idle() + pool.starting() + Math.max(0, unstarted);
        if (waiting >= most + coming) {
            return Checks.down(
                    NAME,
                    "%d tasks wait and max_queue=%d: more are refused; raise max_workers or submit less"
                            .formatted(waiting, most));
        }
        return HealthCheckResponse.named(NAME)
                .up()
                .withData("waiting", waiting)
                .withData("max", most)
                .build();
    }
}
