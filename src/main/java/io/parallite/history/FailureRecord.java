package io.parallite.history;

import io.parallite.task.FailurePlace;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskException;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskProgress;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A failure as a line of {@code failures_file}: the fields of the answer to {@code task}, as JSON.
 */
final class FailureRecord {

    private static final int HEADER = 4;
    private static final double NANOS_PER_MILLI = 1_000_000;

    private FailureRecord() {}

    /** The line, with its end. */
    static byte[] line(TaskDetail failed) {
        Map<String, Object> fields = Reply.detail(failed).fields();
        fields.remove("ok");
        return (Encoding.jsonText(fields) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** The record in a line without its line end; empty when the line is no record of a failure. */
    static Optional<TaskDetail> read(byte[] line) {
        try {
            byte[] frame =
                    ByteBuffer.allocate(HEADER + line.length).putInt(line.length).put(line).array();
            return Optional.of(detail(Encoding.JSON.decodeAll(frame)));
        } catch (TaskException | DateTimeException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static TaskDetail detail(Map<String, Object> fields) {
        TaskFailure failure =
                new TaskFailure(
                        text(fields, "error_code"),
                        text(fields, "error"),
                        fields.containsKey("class") || fields.containsKey("file")
                                ? new FailurePlace(
                                        optional(fields, "class"),
                                        optional(fields, "file"),
                                        (int) number(fields, "line"))
                                : FailurePlace.UNKNOWN);
        TaskStatus status =
                new TaskStatus(
                        new TaskId(text(fields, "task_id")),
                        optional(fields, "name"),
                        TaskState.FAILED,
                        time(fields, "submitted_at"),
                        time(fields, "started_at"),
                        time(fields, "completed_at"),
                        nanos(fields, "queued_ms"),
                        nanos(fields, "ran_ms"),
                        optional(fields, "worker"),
                        (long) number(fields, "pid"),
                        progress(fields),
                        failure);
        return new TaskDetail(status, reply(fields));
    }

    private static @Nullable TaskProgress progress(Map<String, Object> fields) {
        if (!(fields.get("progress") instanceof Map<?, ?> said)) {
            return null;
        }
        return new TaskProgress(
                said.get("fraction") instanceof Number fraction ? fraction.doubleValue() : null,
                said.get("message") instanceof String message ? message : null);
    }

    private static byte @Nullable [] reply(Map<String, Object> fields) {
        Map<String, Object> kept = new HashMap<>(fields);
        kept.keySet().retainAll(Set.of("class", "code", "file", "line", "trace", "output"));
        return kept.isEmpty() ? null : Encoding.JSON.encode(kept);
    }

    private static String text(Map<String, Object> fields, String name) {
        String text = optional(fields, name);
        if (text == null) {
            throw new IllegalArgumentException("there is no " + name);
        }
        return text;
    }

    private static @Nullable String optional(Map<String, Object> fields, String name) {
        return fields.get(name) instanceof String text ? text : null;
    }

    private static double number(Map<String, Object> fields, String name) {
        return fields.get(name) instanceof Number number ? number.doubleValue() : 0;
    }

    private static long nanos(Map<String, Object> fields, String name) {
        return (long) (number(fields, name) * NANOS_PER_MILLI);
    }

    private static long time(Map<String, Object> fields, String name) {
        String text = optional(fields, name);
        return text == null ? 0 : Instant.parse(text).toEpochMilli();
    }
}
