package io.parallite.admin;

import io.parallite.cluster.store.Registry;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.wire.Encoding;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jboss.logging.Logger;

/** The cluster over HTTP: its state, and the actions on dead letters. Owned by HTTP's threads. */
final class ClusterRoutes {

    private static final Logger LOG = Logger.getLogger(ClusterRoutes.class);

    private static final int LETTERS_SHOWN = 100;

    private ClusterRoutes() {}

    /** {@code {ok, nodes, queues, dead, letters}}. */
    static void show(RoutingContext context, Admin admin) {
        AdminRoutes.answer(
                context, AdminRoutes.JSON, admin.cluster(ClusterRoutes::all), Encoding::jsonText);
    }

    private static Uni<Map<String, Object>> all(Registry registry) {
        return Uni.combine()
                .all()
                .unis(registry.overview(), registry.deadLetters(LETTERS_SHOWN))
                .asTuple()
                .map(both -> fields(both.getItem1(), both.getItem2()));
    }

    private static Map<String, Object> fields(
            Map<String, Object> overview, List<Map<String, Object>> letters) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("ok", true);
        fields.putAll(overview);
        fields.put("letters", letters);
        return fields;
    }

    /** Has a dead letter run again. */
    static void retry(RoutingContext context, Admin admin) {
        change(context, admin, "retried", Registry::retry);
    }

    /** Forgets a dead letter. */
    static void drop(RoutingContext context, Admin admin) {
        change(context, admin, "dropped", Registry::drop);
    }

    private static void change(
            RoutingContext context,
            Admin admin,
            String what,
            BiFunction<Registry, TaskId, Uni<Boolean>> change) {
        TaskId id;
        try {
            id = new TaskId(AdminRoutes.query(context, "task_id").orElse(""));
        } catch (TaskException e) {
            AdminRoutes.refuse(context, 400, e.explanation());
            return;
        }
        LOG.infof(
                "a dead letter is %s over HTTP task=%s by=%s",
                what, id, context.request().remoteAddress());
        AdminRoutes.answer(
                context,
                AdminRoutes.JSON,
                admin.cluster(registry -> change.apply(registry, id))
                        .invoke(done -> requireDone(id, done)),
                done -> Encoding.jsonText(Map.of("ok", true, what, done)));
    }

    private static void requireDone(TaskId id, boolean done) {
        if (!done) {
            throw new TaskException(
                    FailureKind.NOT_FOUND,
                    "no dead letter is called \"%s\"; somebody else has retried or dropped it"
                            .formatted(id));
        }
    }
}
