package io.parallite.admin;

import io.parallite.task.FailureGroup;
import io.parallite.task.TaskState;
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
 * @param tasks those submitted last in each state, newest first
 * @param failures what fails, the group that was met last first
 * @param history the samples that the page lacks, as {@link SampleSeries#since} gives them
 */
record PageState(
        long now,
        Map<String, Object> stats,
        Map<TaskState, List<TaskStatus>> tasks,
        List<FailureGroup> failures,
        Map<String, Object> history) {

    /** As JSON; tasks look as in the answer to {@code status}. */
    String json() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("now", now);
        fields.put("stats", stats);
        tasks.forEach((state, list) -> fields.put(state.wireName(), fieldsOf(list)));
        fields.put("failures", failures.stream().map(Reply::group).toList());
        fields.put("history", history);
        return Encoding.jsonText(fields);
    }

    private static List<Map<String, Object>> fieldsOf(List<TaskStatus> tasks) {
        return tasks.stream().map(task -> Reply.status(task).fields()).toList();
    }
}
