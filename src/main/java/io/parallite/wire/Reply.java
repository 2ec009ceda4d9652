package io.parallite.wire;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.task.TaskStatus;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the daemon's own; a worker's answer is forwarded as the frame it came in.
 *
 * @param fields what goes on the wire, in this order
 */
public record Reply(Map<String, Object> fields) {

    /** {@code {task_id?, ok:false, error, error_code}}. */
    public static Reply failure(@Nullable String taskId, FailureKind kind, String message) {
        Map<String, Object> fields = begin(taskId, false);
        fields.put("error", message);
        fields.put("error_code", kind.name());
        return new Reply(fields);
    }

    /** The acknowledgement of a detached submit: {@code {task_id, ok:true, accepted:true}}. */
    public static Reply accepted(TaskId id) {
        Map<String, Object> fields = begin(id.value(), true);
        fields.put("accepted", true);
        return new Reply(fields);
    }

    /** {@code {task_id, ok:true, status, submitted_at, started_at?, completed_at?}}, ISO 8601. */
    public static Reply status(TaskStatus status) {
        Map<String, Object> fields = begin(status.id().value(), true);
        fields.put("status", status.state().wireName());
        putTime(fields, "submitted_at", status.submittedAt());
        putTime(fields, "started_at", status.startedAt());
        putTime(fields, "completed_at", status.finishedAt());
        return new Reply(fields);
    }

    /** {@code {task_id, ok:true, cancelled, status}}. */
    public static Reply cancelled(TaskStatus status, boolean cancelled) {
        Map<String, Object> fields = begin(status.id().value(), true);
        fields.put("cancelled", cancelled);
        fields.put("status", status.state().wireName());
        return new Reply(fields);
    }

    /** {@code {task_id?, ok:true, …figures}}, for {@code ping} and {@code stats}. */
    public static Reply figures(@Nullable TaskId id, Map<String, ?> figures) {
        Map<String, Object> fields = begin(id == null ? null : id.value(), true);
        fields.putAll(figures);
        return new Reply(fields);
    }

    private static Map<String, Object> begin(@Nullable String taskId, boolean ok) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (taskId != null) {
            fields.put("task_id", taskId);
        }
        fields.put("ok", ok);
        return fields;
    }

    private static void putTime(Map<String, Object> fields, String name, long epochMillis) {
        if (epochMillis > 0) {
            fields.put(name, Instant.ofEpochMilli(epochMillis).toString());
        }
    }
}
