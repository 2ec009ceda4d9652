package io.parallite.admin;

import io.parallite.config.ParalliteConfig;
import io.smallrye.health.SmallRyeHealth;
import io.smallrye.health.SmallRyeHealthReporter;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Health checks for clients that {@link Access} does not let read more: UP or DOWN, for probes and
 * load balancers. The reasons are left out, because they quote output of workers. Owned by HTTP's
 * threads.
 */
@Singleton
final class HealthRoutes {

    private static final String HEALTH = "/q/health";

    /** Before the routes of Quarkus, which respond with all details. */
    private static final int BEFORE = -1000;

    private static final Map<String, Function<SmallRyeHealthReporter, Uni<SmallRyeHealth>>> CHECKS =
            Map.of(
                    "/live", SmallRyeHealthReporter::getLivenessAsync,
                    "/ready", SmallRyeHealthReporter::getReadinessAsync,
                    "/started", SmallRyeHealthReporter::getStartupAsync);

    private final ParalliteConfig config;
    private final Instance<SmallRyeHealthReporter> reporter;

    HealthRoutes(ParalliteConfig config, Instance<SmallRyeHealthReporter> reporter) {
        this.config = config;
        this.reporter = reporter;
    }

    void install(@Observes Router router) {
        if (config.httpPort() == 0) {
            return;
        }
        Access access = new Access(config.httpToken());
        router.route(HEALTH + "*")
                .order(BEFORE)
                .handler(
                        context -> {
                            Caller caller = Caller.of(context.request());
                            if (access.refuseReading(caller).isEmpty()) {
                                context.next();
                            } else {
                                answer(context);
                            }
                        });
    }

    private void answer(RoutingContext context) {
        String which = context.normalizedPath().substring(HEALTH.length());
        CHECKS.getOrDefault(which, SmallRyeHealthReporter::getHealthAsync)
                .apply(reporter.get())
                .subscribe()
                .with(onHttp(context, health -> send(context, health)), context::fail);
    }

    /** Checks answer on the engine's thread. */
    private static <T> Consumer<T> onHttp(RoutingContext context, Handler<T> handler) {
        Context http = context.vertx().getOrCreateContext();
        return item -> http.runOnContext(ignored -> handler.handle(item));
    }

    private static void send(RoutingContext context, SmallRyeHealth health) {
        context.response()
                .setStatusCode(health.isDown() ? 503 : 200)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json; charset=UTF-8")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end(new JsonObject().put("status", health.isDown() ? "DOWN" : "UP").encode());
    }
}
