package io.parallite.wire;

import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a frame as an encoding comes across them, in whatever order; {@link #toRequest}
 * judges them when all are there.
 */
final class Envelope {

    private static final long MAX_TIMEOUT_MS = Integer.MAX_VALUE;

    private static final List<String> CONTENT_FIELDS =
            List.of("payload", "command", "context", "cwd", "env");

    @Nullable String type;
    @Nullable String taskId;
    private boolean hasPayload;
    private boolean hasCommand;
    private long fingerprint;
    @Nullable Long timeoutMs;
    boolean detach;

    /** Adds a field to what identifies the task, in whatever order the fields come. */
    void addContent(String field, Fingerprint content) {
        fingerprint += content.value() * (1 + CONTENT_FIELDS.indexOf(field));
        hasPayload |= field.equals("payload");
        hasCommand |= field.equals("command");
    }

    /** The exception for a field of the wrong type. */
    RequestException wrongType(String field, String expected) {
        return invalid("%s must be %s".formatted(field, expected));
    }

    RequestException invalid(String message) {
        return new RequestException(FailureKind.INVALID_REQUEST, message, taskId);
    }

    Request toRequest(byte[] frame) {
        String named = type == null ? "submit" : type;
        return switch (named) {
            case "submit" -> new Request.Submit(toTask(frame));
            case "await" -> new Request.Await(requiredId());
            case "status" -> new Request.Status(requiredId());
            case "cancel" -> new Request.Cancel(requiredId());
            case "ping" -> new Request.Ping(optionalId());
            case "stats" -> new Request.Stats(optionalId());
            default ->
                    throw invalid(
                            "type \"%s\" is unknown; use submit, await, status, cancel, ping or stats"
                                    .formatted(shorten(named)));
        };
    }

    private Task toTask(byte[] frame) {
        TaskId id = requiredId();
        if (hasPayload == hasCommand) {
            throw invalid(
                    hasPayload
                            ? "both payload and command are given; send one of them"
                            : "neither payload nor command is given; send one of them");
        }
        return new Task(id, frame, fingerprint, timeout(), detach);
    }

    private @Nullable Duration timeout() {
        if (timeoutMs == null) {
            return null;
        }
        if (timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
            throw invalid("timeout_ms=%d is not within 1..%d".formatted(timeoutMs, MAX_TIMEOUT_MS));
        }
        return Duration.ofMillis(timeoutMs);
    }

    private TaskId requiredId() {
        if (taskId == null) {
            throw invalid("task_id is missing; give every task an id of its own");
        }
        return new TaskId(taskId);
    }

    private @Nullable TaskId optionalId() {
        return taskId == null ? null : new TaskId(taskId);
    }

    private static String shorten(String text) {
        if (text.length() <= 40) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(39)) ? 39 : 40;
        return text.substring(0, end) + "…";
    }
}
