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

/** Pause, resume, drain and scale over HTTP. Owned by HTTP's threads. */
final class ControlRoutes {

    private static final Logger LOG = Logger.getLogger(ControlRoutes.class);

    private ControlRoutes() {}

    static void pause(RoutingContext context, Admin admin) {
        act(context, admin, "pause", Dispatcher::pause);
    }

    static void resume(RoutingContext context, Admin admin) {
        act(context, admin, "resume", Dispatcher::resume);
    }

    /** Answers at once; {@code in_flight} of {@code /api/state} tells when it is over. */
    static void drain(RoutingContext context, Admin admin) {
        act(
                context,
                admin,
                "drain",
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
        act(context, admin, "scale to " + wanted, dispatcher -> dispatcher.scale(wanted));
    }

    private static void act(
            RoutingContext context, Admin admin, String what, Consumer<Dispatcher> action) {
        LOG.infof("%s over HTTP by=%s", what, context.request().remoteAddress());
        Context http = context.vertx().getOrCreateContext();
        admin.control(action)
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
