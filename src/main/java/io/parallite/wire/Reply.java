package io.parallite.wire;

import io.parallite.task.FailureGroup;
import io.parallite.task.FailureKind;
import io.parallite.task.FailurePlace;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskId;
import io.parallite.task.TaskProgress;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the daemon's own; a worker's answer is forwarded as the frame it came in.
 *
 * @param fields what goes on the wire, in this order
 */
public record Reply(Map<String, Object> fields) {

    private static final double NANOS_PER_MICRO = 1000;
    private static final double MICROS_PER_MILLI = 1000;

    /** {@code {task_id?, ok:false, error, error_code}}. */
    public static Reply failure(@Nullable String taskId, FailureKind kind, String message) {
        Map<String, Object> fields = begin(taskId, false);
        fields.put("error", message);
        fields.put("error_code", kind.name());
        return new Reply(fields);
    }

    /** {@code {task_id, ok:false, error, error_code, quota, retry_after_ms?}}. */
    public static Reply quotaExceeded(
            TaskId id, String message, String quota, @Nullable Duration retryAfter) {
        Reply reply = failure(id.value(), FailureKind.QUOTA_EXCEEDED, message);
        reply.fields().put("quota", quota);
        if (retryAfter != null) {
            reply.fields().put("retry_after_ms", retryAfter.toMillis());
        }
        return reply;
    }

    /** The acknowledgement of a detached submit: {@code {task_id, ok:true, accepted:true}}. */
    public static Reply accepted(TaskId id) {
        Map<String, Object> fields = begin(id.value(), true);
        fields.put("accepted", true);
        return new Reply(fields);
    }

    /**
     * {@code {task_id, ok:true, status, submitted_at, started_at?, completed_at?, queued_ms,
     * ran_ms, worker?, pid?, progress?, error_code?, error?}}, times in ISO 8601.
     */
    public static Reply status(TaskStatus status) {
        Map<String, Object> fields = begin(status.id().value(), true);
        putStatus(fields, status);
        fields.put("status", oneOfFour(status.state()));
        return new Reply(fields);
    }

    /**
     * The state in the answers to {@code status} and {@code cancel}, where clients know four of
     * them: a cancelled task is {@code failed}, and its {@code error_code} tells it from others.
     */
    private static String oneOfFour(TaskState state) {
        return (state == TaskState.CANCELLED ? TaskState.FAILED : state).wireName();
    }

    /** {@code {task_id?, ok:true, tasks:[{task_id, status, …}]}}, each as in {@link #status}. */
    public static Reply tasks(@Nullable TaskId id, List<TaskStatus> tasks) {
        Map<String, Object> fields = begin(id == null ? null : id.value(), true);
        fields.put("tasks", tasks.stream().map(Reply::listed).toList());
        return new Reply(fields);
    }

    /**
     * What {@link #status} has, and {@code {class?, code?, file?, line?, trace?, output?}}, cut to
     * what {@link ReplyDetail} keeps.
     */
    public static Reply detail(TaskDetail detail) {
        Map<String, Object> fields = begin(detail.status().id().value(), true);
        putStatus(fields, detail.status());
        if (detail.reply() != null) {
            fields.putAll(ReplyDetail.of(detail.reply()));
        } else if (detail.status().failure() != null) {
            putPlace(fields, detail.status().failure().place());
        }
        return new Reply(fields);
    }

    /**
     * {@code {task_id?, ok:true, failures:[{error_code, class?, file?, line?, count, first_at,
     * last_at, task_id, error}]}}; {@code task_id} and {@code error} are of the newest.
     */
    public static Reply failures(@Nullable TaskId id, List<FailureGroup> groups) {
        Map<String, Object> fields = begin(id == null ? null : id.value(), true);
        fields.put("failures", groups.stream().map(Reply::group).toList());
        return new Reply(fields);
    }

    /** One group of {@link #failures}. */
    public static Map<String, Object> group(FailureGroup group) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("error_code", group.failure().code());
        putPlace(fields, group.failure().place());
        fields.put("count", group.count());
        putTime(fields, "first_at", group.firstAt());
        putTime(fields, "last_at", group.lastAt());
        fields.put("task_id", group.newest().value());
        fields.put("error", group.failure().message());
        return fields;
    }

    private static void putPlace(Map<String, Object> fields, FailurePlace place) {
        if (place.type() != null) {
            fields.put("class", place.type());
        }
        if (place.file() != null) {
            fields.put("file", place.file());
            fields.put("line", place.line());
        }
    }

    private static Map<String, Object> listed(TaskStatus status) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("task_id", status.id().value());
        putStatus(fields, status);
        return fields;
    }

    /** {@code {task_id, event:"state", status, …}}: no reply, but what {@code tail} tells. */
    public static Reply state(TaskStatus status) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("task_id", status.id().value());
        fields.put("event", "state");
        putStatus(fields, status);
        fields.put("status", oneOfFour(status.state()));
        return new Reply(fields);
    }

    /**
     * {@code {task_id, event:"held"}} or {@code "resumed"}: the task's own reply is yet to come.
     */
    public static Reply held(TaskId id, boolean held) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("task_id", id.value());
        fields.put("event", held ? "held" : "resumed");
        return new Reply(fields);
    }

    /** {@code {task_id, event, error, error_code}}: in place of what has no form here. */
    public static Reply lostEvent(TaskId id, String event, FailureKind kind, String message) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("task_id", id.value());
        fields.put("event", event);
        fields.put("error", message);
        fields.put("error_code", kind.name());
        return new Reply(fields);
    }

    private static void putStatus(Map<String, Object> fields, TaskStatus status) {
        if (status.name() != null) {
            fields.put("name", status.name());
        }
        fields.put("status", status.state().wireName());
        putTime(fields, "submitted_at", status.submittedAt());
        putTime(fields, "started_at", status.startedAt());
        putTime(fields, "completed_at", status.finishedAt());
        fields.put("queued_ms", millis(status.queuedNanos()));
        fields.put("ran_ms", millis(status.ranNanos()));
        if (status.worker() != null) {
            fields.put("worker", status.worker());
        }
        if (status.pid() > 0) {
            fields.put("pid", status.pid());
        }
        if (status.progress() != null) {
            fields.put("progress", progress(status.progress()));
        }
        if (status.failure() != null) {
            fields.put("error_code", status.failure().code());
            fields.put("error", status.failure().message());
        }
    }

    private static Map<String, @Nullable Object> progress(TaskProgress progress) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("fraction", progress.fraction());
        if (progress.message() != null) {
            fields.put("message", progress.message());
        }
        return fields;
    }

    /** Milliseconds with three decimals. */
    private static double millis(long nanos) {
        return Math.round(nanos / NANOS_PER_MICRO) / MICROS_PER_MILLI;
    }

    /** {@code {task_id, ok:true, cancelled, status, error_code?}}. */
    public static Reply cancelled(TaskStatus status, boolean cancelled) {
        return cancelled(status.id(), status.state(), cancelled);
    }

    /** The same of a task of which no more is known. */
    public static Reply cancelled(TaskId id, TaskState state, boolean cancelled) {
        Map<String, Object> fields = begin(id.value(), true);
        fields.put("cancelled", cancelled);
        fields.put("status", oneOfFour(state));
        if (state == TaskState.CANCELLED) {
            fields.put("error_code", FailureKind.CANCELLED.name());
        }
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
