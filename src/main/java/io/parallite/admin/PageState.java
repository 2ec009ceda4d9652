package io.parallite.admin;

import io.parallite.task.TaskStatus;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that the page shows at one moment; any thread may read it.
 *
 * @param now milliseconds since the epoch, by the daemon's clock
 * @param stats what the request {@code stats} answers
 * @param running tasks on a worker; like the other lists those submitted last, newest first
 * @param history the samples that the page lacks, as {@link History#since} gives them
 */
record PageState(
        long now,
        Map<String, Object> stats,
        List<TaskStatus> running,
        List<TaskStatus> pending,
        List<TaskStatus> completed,
        List<TaskStatus> failed,
        Map<String, Object> history) {

    /** As JSON; tasks look as in the answer to {@code status}. */
    String json() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("now", now);
        fields.put("stats", stats);
        fields.put("running", told(running));
        fields.put("pending", told(pending));
        fields.put("completed", told(completed));
        fields.put("failed", told(failed));
        fields.put("history", history);
        return Encoding.jsonText(fields);
    }

    private static List<Map<String, Object>> told(List<TaskStatus> tasks) {
        return tasks.stream().map(task -> Reply.status(task).fields()).toList();
    }
}
