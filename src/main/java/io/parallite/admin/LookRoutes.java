package io.parallite.admin;

import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/** The details that the page loads when a row is opened. Owned by HTTP's threads. */
final class LookRoutes {

    private LookRoutes() {}

    /** All that is kept of the task {@code task_id}. */
    static void task(RoutingContext context, Admin admin) {
        TaskId id;
        try {
            id = new TaskId(AdminRoutes.query(context, "task_id").orElse(""));
        } catch (TaskException e) {
            AdminRoutes.refuse(context, 400, e.explanation());
            return;
        }
        AdminRoutes.answer(
                context,
                AdminRoutes.JSON,
                admin.detail(id),
                detail -> Encoding.jsonText(Reply.detail(detail).fields()));
    }

    /** The samples of {@code span} that are newer than {@code since}. */
    static void history(RoutingContext context, Admin admin) {
        Optional<History.Span> span =
                AdminRoutes.query(context, "span").flatMap(History.Span::named);
        Optional<Long> since = AdminRoutes.since(context);
        if (span.isEmpty() || since.isEmpty()) {
            AdminRoutes.refuse(
                    context,
                    400,
                    "span must be minutes, hour or day, since a number of milliseconds");
            return;
        }
        AdminRoutes.answer(
                context,
                AdminRoutes.JSON,
                admin.history(span.get(), since.get()),
                Encoding::jsonText);
    }

    /** The settings that are in force, and where they come from. */
    static void settings(RoutingContext context, Admin admin) {
        AdminRoutes.answer(
                context,
                AdminRoutes.JSON,
                admin.settings(),
                settings -> Encoding.jsonText(Reply.figures(null, settings).fields()));
    }
}
