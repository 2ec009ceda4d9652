package io.parallite.admin;

import io.parallite.config.ParalliteConfig;
import io.parallite.pool.ReloadOutcome;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.wire.Encoding;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Page, actions and metrics over HTTP, beside the health checks; none of them unless {@code
 * http_port} is set. Owned by HTTP's threads.
 *
 * <p>One of these may be the engine's own: so work that takes longer than a snapshot (writing JSON,
 * formatting hundreds of metrics) is done by a worker thread.
 */
@Singleton
final class AdminRoutes {

    private static final Logger LOG = Logger.getLogger(AdminRoutes.class);

    static final String JSON = "application/json";
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS =
            "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private final ParalliteConfig config;
    private final HttpConnections connections;
    private final Instance<Admin> admin;

    AdminRoutes(ParalliteConfig config, HttpConnections connections, Instance<Admin> admin) {
        this.config = config;
        this.connections = connections;
        this.admin = admin;
    }

    void install(@Observes Router router) {
        if (config.httpPort() == 0) {
            return;
        }
        Access access = new Access(config.httpToken());
        new PageFiles().install(router);
        router.get("/q/metrics").handler(whenStarted(this::metrics));
        router.get("/api/state").handler(allowed(access::refuseReading, this::state));
        router.get("/api/task")
                .handler(
                        allowed(
                                access::refuseReading,
                                context -> LookRoutes.task(context, admin.get())));
        router.get("/api/history")
                .handler(
                        allowed(
                                access::refuseReading,
                                context -> LookRoutes.history(context, admin.get())));
        router.get("/api/settings")
                .handler(
                        allowed(
                                access::refuseReading,
                                context -> LookRoutes.settings(context, admin.get())));
        router.get("/api/cluster")
                .handler(
                        allowed(
                                access::refuseReading,
                                context -> ClusterRoutes.show(context, admin.get())));
        router.post("/api/reload").handler(allowed(access::refuseActing, this::reload));
        router.post("/api/cancel").handler(allowed(access::refuseActing, this::cancel));
        Map<String, BiConsumer<RoutingContext, Admin>> controls =
                Map.of(
                        "pause", ControlRoutes::pause,
                        "resume", ControlRoutes::resume,
                        "drain", ControlRoutes::drain,
                        "scale", ControlRoutes::scale,
                        "dead/retry", ClusterRoutes::retry,
                        "dead/drop", ClusterRoutes::drop);
        controls.forEach(
                (name, control) ->
                        router.post("/api/" + name)
                                .handler(
                                        allowed(
                                                access::refuseActing,
                                                context -> control.accept(context, admin.get()))));
    }

    private Handler<RoutingContext> allowed(
            Function<Caller, Optional<Access.Refusal>> access, Handler<RoutingContext> handler) {
        Handler<RoutingContext> next = whenStarted(handler);
        return context ->
                access.apply(Caller.of(context.request()))
                        .ifPresentOrElse(
                                refusal -> refuse(context, refusal.status(), refusal.reason()),
                                () -> {
                                    connections.keep(context);
                                    next.handle(context);
                                });
    }

    private Handler<RoutingContext> whenStarted(Handler<RoutingContext> handler) {
        return context -> {
            if (admin.get().isStarted()) {
                handler.handle(context);
            } else {
                refuse(context, 503, "the daemon is starting");
            }
        };
    }

    private void state(RoutingContext context) {
        since(context)
                .ifPresentOrElse(
                        since -> answer(context, JSON, admin.get().state(since), PageState::json),
                        () -> refuse(context, 400, "since must be a number of milliseconds"));
    }

    private void cancel(RoutingContext context) {
        TaskId id;
        try {
            id = new TaskId(query(context, "task_id").orElse(""));
        } catch (TaskException e) {
            refuse(context, 400, e.getMessage());
            return;
        }
        LOG.infof(
                "cancelling is asked for over HTTP task=%s by=%s",
                id, context.request().remoteAddress());
        answer(
                context,
                JSON,
                admin.get().cancel(id),
                cancelled -> Encoding.jsonText(Map.of("ok", true, "cancelled", cancelled)));
    }

    private void reload(RoutingContext context) {
        LOG.infof("workers are reloaded over HTTP by=%s", context.request().remoteAddress());
        Context http = context.vertx().getOrCreateContext();
        admin.get()
                .reload()
                .subscribe()
                .with(
                        outcome -> http.runOnContext(ignored -> send(context, outcome)),
                        failure -> http.runOnContext(ignored -> fail(context, failure)));
    }

    private static void send(RoutingContext context, ReloadOutcome outcome) {
        switch (outcome) {
            case ReloadOutcome.Done done -> {
                Map<String, Object> body = new LinkedHashMap<>();
                body.put("ok", true);
                body.putAll(done.fields());
                send(context, 200, JSON, Encoding.jsonText(body));
            }
            case ReloadOutcome.Failed(String explanation) -> refuse(context, 503, explanation);
        }
    }

    private void metrics(RoutingContext context) {
        String accepted = context.request().getHeader(HttpHeaders.ACCEPT);
        boolean open = accepted != null && accepted.contains("application/openmetrics-text");
        String type = open ? OPEN_METRICS : PROMETHEUS_TEXT;
        Admin parts = admin.get();
        answer(context, type, parts.snapshot(), snapshot -> parts.metrics(snapshot, type));
    }

    /** Answers with what {@code text} makes of the item, on a thread that may take its time. */
    static <T> void answer(
            RoutingContext context, String contentType, Uni<T> asked, Function<T, String> text) {
        Context http = context.vertx().getOrCreateContext();
        asked.subscribe()
                .with(
                        item ->
                                http.executeBlocking(() -> text.apply(item), false)
                                        .onSuccess(body -> send(context, 200, contentType, body))
                                        .onFailure(e -> fail(context, e)),
                        failure -> http.runOnContext(ignored -> fail(context, failure)));
    }

    private static void fail(RoutingContext context, Throwable failure) {
        if (failure instanceof EngineView.EngineStuckException) {
            refuse(context, 503, failure.getMessage());
        } else if (failure instanceof TaskException known) {
            boolean isAway = known.kind() == FailureKind.CLUSTER_UNAVAILABLE;
            refuse(context, isAway ? 503 : 404, known.explanation());
        } else {
            LOG.error("a request over HTTP failed by a defect of the daemon", failure);
            refuse(context, 500, "a defect of the daemon; its log has the details");
        }
    }

    static void refuse(RoutingContext context, int status, @Nullable String reason) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("ok", false);
        body.put("error", reason);
        if (status == 401) {
            context.response().putHeader("WWW-Authenticate", "Bearer");
        }
        send(context, status, JSON, Encoding.jsonText(body));
    }

    static void send(RoutingContext context, int status, String contentType, String body) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            return;
        }
        response.setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, contentType)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .end(body);
    }

    /** The time from which samples are requested; empty when the parameter is not a number. */
    static Optional<Long> since(RoutingContext context) {
        try {
            return Optional.of(Long.parseLong(query(context, "since").orElse("0")));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    static Optional<String> query(RoutingContext context, String name) {
        return context.queryParam(name).stream().findFirst();
    }
}
