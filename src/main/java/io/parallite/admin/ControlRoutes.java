package io.parallite.admin;

import io.parallite.dispatch.Dispatcher;
import io.parallite.task.TaskException;
import io.parallite.wire.Encoding;
import io.vertx.core.Context;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Pause, resume, drain and scale over HTTP. Owned by HTTP's threads. */
final class ControlRoutes {

    private static final Logger LOG = Logger.getLogger(ControlRoutes.class);

    private ControlRoutes() {}

    static void pause(RoutingContext context, Admin admin) {
        String pool = pool(context);
        act(context, admin, "pause", pool, dispatcher -> dispatcher.pools().pause(pool));
    }

    static void resume(RoutingContext context, Admin admin) {
        String pool = pool(context);
        act(context, admin, "resume", pool, dispatcher -> dispatcher.resume(pool));
    }

    /** Responds at once; {@code in_flight} of {@code /api/state} is 0 when draining is done. */
    static void drain(RoutingContext context, Admin admin) {
        act(
                context,
                admin,
                "drain",
                null,
                dispatcher -> dispatcher.drain().subscribe().with(ignored -> {}));
    }

    static void scale(RoutingContext context, Admin admin) {
        int workers;
        try {
            workers = Integer.parseInt(String.valueOf(context.request().getParam("workers")));
        } catch (NumberFormatException e) {
            workers = -1;
        }
        if (workers < 0) {
            send(context, 400, refusal("workers must be a whole number from 0 on"));
            return;
        }
        int wanted = workers;
        String pool = pool(context);
        act(
                context,
                admin,
                "scale to " + wanted,
                pool,
                dispatcher -> dispatcher.pools().get(pool).scale(wanted));
    }

    /** Which pool is meant; {@code null} when none is named. */
    private static @Nullable String pool(RoutingContext context) {
        return context.request().getParam("pool");
    }

    private static void act(
            RoutingContext context,
            Admin admin,
            String what,
            @Nullable String pool,
            Consumer<Dispatcher> action) {
        LOG.infof(
                "%s over HTTP%s by=%s",
                what, pool == null ? "" : " pool=" + pool, context.request().remoteAddress());
        Context http = context.vertx().getOrCreateContext();
        admin.control(pool, action)
                .subscribe()
                .with(
                        figures -> http.runOnContext(ignored -> send(context, 200, ok(figures))),
                        failure -> http.runOnContext(ignored -> refuse(context, failure)));
    }

    private static void refuse(RoutingContext context, Throwable failure) {
        int status = failure instanceof TaskException ? 400 : 503;
        String why = failure instanceof TaskException e ? e.explanation() : failure.getMessage();
        send(context, status, refusal(String.valueOf(why)));
    }

    private static Map<String, Object> ok(Map<String, Object> figures) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("ok", true);
        fields.putAll(figures);
        return fields;
    }

    private static Map<String, Object> refusal(String why) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("ok", false);
        fields.put("error", why);
        return fields;
    }

    private static void send(RoutingContext context, int status, Map<String, Object> fields) {
        context.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end(Encoding.jsonText(fields));
    }
}
