package io.parallite.wire;

import io.parallite.task.Delivery;
import io.parallite.task.FailureKind;
import io.parallite.task.Isolation;
import io.parallite.task.Priority;
import io.parallite.task.Retries;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.task.Terms;
import io.parallite.task.Traceparent;
import io.parallite.units.Texts;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a frame as an encoding comes across them, in whatever order; {@link #toRequest}
 * judges them when all are there.
 */
final class Envelope {

    /** Characters of an unknown word that a message repeats. */
    private static final int SHOWN = 41;

    /** About 24 days: what a number of the wire holds. */
    private static final int MAX_DELAY_MS = Integer.MAX_VALUE;

    private static final int MAX_RETRIES = 100;
    private static final int DEFAULT_RETRY_MS = 1000;
    private static final int MAX_UNIQUE = 255;

    /** Characters of a name that are kept. */
    private static final int MAX_NAME = 100;

    /** Characters of the name of a pool, as the configuration has it. */
    private static final int MAX_POOL = 32;

    private static final Pattern CODES = Pattern.compile("[A-Z_]+(,[A-Z_]+)*");

    private static final long MAX_TIMEOUT_MS = Integer.MAX_VALUE;
    private static final int MAX_GRACE_MS = 3_600_000;
    private static final int MAX_TASKS = 1000;
    private static final int MAX_WORKERS = 1000;
    private static final int DEFAULT_TASKS = 50;

    /** A longer id is not sent back. */
    private static final int MAX_TOLD = 4096;

    /** How many values a task may share with others. */
    private static final int MAX_SHARED = 100;

    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    private static final List<String> CONTENT_FIELDS =
            List.of("payload", "command", "context", "cwd", "env");

    @Nullable String type;
    @Nullable String taskId;
    private boolean hasPayload;
    private boolean hasCommand;
    private long fingerprint;
    @Nullable Long timeoutMs;
    boolean detach;

    /**
     * A scalar, as {@link RequestOptions} has them; a field of its own, since many tasks have it.
     */
    @Nullable Object onDisconnect;

    private @Nullable Traceparent traceparent;

    private @Nullable RequestOptions options;

    /** The fields that only some requests know. */
    RequestOptions options() {
        if (options == null) {
            options = new RequestOptions(this);
        }
        return options;
    }

    /**
     * Notes a trace, if {@code value} names one: whatever it is, the task runs.
     *
     * @param offset where in the frame it is, if it is there as it reads
     */
    void trace(@Nullable Object value, int offset) {
        traceparent =
                value instanceof String text && Traceparent.isValid(text)
                        ? new Traceparent(text, offset)
                        : null;
    }

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

    /** A word of the client's, for a message. */
    private static String shown(String word) {
        return Texts.escape(Texts.shorten(word, SHOWN));
    }

    RequestException invalid(String message) {
        return new RequestException(FailureKind.INVALID_REQUEST, message, taskId);
    }

    Request toRequest(byte[] frame) {
        String named = type == null ? "submit" : type;
        return switch (named) {
            case "submit" -> new Request.Submit(toTask(frame), wish());
            case "await" -> new Request.Await(requiredId());
            case "tail" -> new Request.Tail(requiredId());
            case "hold" -> new Request.Hold(requiredId(), true);
            case "resume" -> new Request.Hold(requiredId(), false);
            case "status" -> new Request.Status(requiredId());
            case "task" -> new Request.Detail(requiredId());
            case "failures" -> new Request.Failures(optionalId(), limit());
            case "cancel" -> new Request.Cancel(requiredId(), grace());
            case "tasks" -> new Request.Tasks(optionalId(), limit(), state());
            case "send" -> new Request.Send(optionalId(), receiver(), frame);
            case "share" -> share(frame);
            case "unshare" -> new Request.Unshare(optionalId(), hash(options().text("hash")));
            case "auth" -> new Request.Authenticate(optionalId(), options().text("token"));
            case "nodes" -> new Request.Nodes(optionalId());
            case "dead" -> dead();
            case "ping" -> new Request.Ping(optionalId());
            case "stats" -> new Request.Stats(optionalId());
            case "settings" -> new Request.Settings(optionalId());
            case "reload" -> new Request.Reload(optionalId());
            case "control" -> control();
            case "stop" -> new Request.Stop(optionalId());
            default ->
                    throw invalid(
                            "type \"%s\" is unknown; use submit, await, tail, hold, resume, status, task, cancel, tasks, failures, send, share, unshare, nodes, dead, auth, ping, stats, settings, reload, control or stop"
                                    .formatted(shown(named)));
        };
    }

    private TaskId receiver() {
        String to = options().text("to");
        if (to == null) {
            throw invalid("to is missing; name the task_id of the task that is to get the value");
        }
        return toId(to);
    }

    private Request share(byte[] frame) {
        String encoding = options().text("payload_encoding");
        if (encoding != null && !encoding.equals(Marks.BASE64)) {
            throw invalid(
                    "payload_encoding \"%s\" is unknown; use base64, or leave it out"
                            .formatted(shown(encoding)));
        }
        return new Request.Share(
                optionalId(),
                hash(options().text("hash")),
                hasPayload ? frame : null,
                encoding != null);
    }

    private String hash(@Nullable String given) {
        if (given == null || !HASH.matcher(given).matches()) {
            throw invalid(
                    "hash must be the SHA-256 of the value, in 64 lower-case hexadecimal digits");
        }
        return given;
    }

    private List<String> shared(RequestOptions given) {
        List<String> hashes = given.texts("shared");
        if (hashes.size() > MAX_SHARED) {
            throw invalid(
                    "shared names %d values; %d are the most that a task may share"
                            .formatted(hashes.size(), MAX_SHARED));
        }
        hashes.forEach(this::hash);
        return hashes;
    }

    private Request control() {
        String name = options().text("action");
        Request.Action action =
                switch (name == null ? "" : name) {
                    case "pause" -> Request.Action.PAUSE;
                    case "resume" -> Request.Action.RESUME;
                    case "drain" -> Request.Action.DRAIN;
                    case "scale" -> Request.Action.SCALE;
                    default ->
                            throw invalid(
                                    "action \"%s\" is unknown; use pause, resume, drain or scale"
                                            .formatted(shown(name == null ? "" : name)));
                };
        int workers = options().number("fixed_workers", 0, MAX_WORKERS, -1);
        if (action == Request.Action.SCALE && workers < 0) {
            throw invalid("fixed_workers is missing; say how many workers to keep");
        }
        String pool = pool(options());
        if (pool != null && action == Request.Action.DRAIN) {
            throw invalid("a pool cannot be drained by itself; pause it, or drain all");
        }
        return new Request.Control(optionalId(), action, pool, workers);
    }

    private Request.Wish wish() {
        if (options == null) {
            return Request.Wish.REPLY;
        }
        boolean events = options.flag("stream");
        boolean output = options.flag("stream_output");
        return output ? Request.Wish.OUTPUT : events ? Request.Wish.EVENTS : Request.Wish.REPLY;
    }

    private Request dead() {
        String named = options().text("action");
        String action = named == null ? "list" : named;
        return switch (action) {
            case "list" -> new Request.DeadLetters(optionalId(), limit());
            case "retry" -> new Request.DeadLetter(requiredId(), Request.DeadLetter.Handling.RETRY);
            case "drop" -> new Request.DeadLetter(requiredId(), Request.DeadLetter.Handling.DROP);
            case "show" -> new Request.DeadLetter(requiredId(), Request.DeadLetter.Handling.SHOW);
            default ->
                    throw invalid(
                            "action \"%s\" is unknown; use list, show, retry or drop"
                                    .formatted(shown(action)));
        };
    }

    private Duration grace() {
        return Duration.ofMillis(options().number("grace_ms", 0, MAX_GRACE_MS, 0));
    }

    private int limit() {
        return options().number("limit", 1, MAX_TASKS, DEFAULT_TASKS);
    }

    private @Nullable TaskState state() {
        String name = options().text("status");
        if (name == null) {
            return null;
        }
        return TaskState.named(name)
                .orElseThrow(
                        () ->
                                invalid(
                                        "status \"%s\" is unknown; use pending, running, completed, failed or cancelled"
                                                .formatted(shown(name))));
    }

    private Task toTask(byte[] frame) {
        TaskId id = requiredId();
        if (hasPayload == hasCommand) {
            throw invalid(
                    hasPayload
                            ? "both payload and command are given; send one of them"
                            : "neither payload nor command is given; send one of them");
        }
        return new Task(id, frame, fingerprint, timeout(), detach, terms());
    }

    private Terms terms() {
        boolean endsWithClient = endsWithClient();
        if (options == null && traceparent == null) {
            return endsWithClient ? Terms.ENDS_WITH_CLIENT : Terms.USUAL;
        }
        RequestOptions given = options();
        String parent = given.text("parent");
        return new Terms(
                pool(given),
                isolation(given),
                priority(given),
                queueTimeout(given),
                endsWithClient,
                parent == null ? null : toId(parent),
                delivery(given),
                shared(given),
                name(given),
                traceparent);
    }

    private @Nullable String pool(RequestOptions given) {
        String name = given.text("pool");
        if (name != null && name.length() > MAX_POOL) {
            throw invalid(
                    "pool has %d characters; names of pools have 1 to %d"
                            .formatted(name.length(), MAX_POOL));
        }
        return name;
    }

    /** For people only: whatever it is, the task runs. */
    private static @Nullable String name(RequestOptions given) {
        String name = given.textIfAny("name");
        return name == null || name.isEmpty() ? null : Texts.shorten(name, MAX_NAME);
    }

    private Delivery delivery(RequestOptions given) {
        boolean atMostOnce = given.flag("at_most_once");
        int delay = given.number("delay_ms", 0, MAX_DELAY_MS, 0);
        int times = given.number("retries", 0, MAX_RETRIES, 0);
        String unique = given.text("unique");
        if (delay == 0 && times == 0 && unique == null) {
            return atMostOnce ? Delivery.AT_MOST_ONCE : Delivery.USUAL;
        }
        if (!detach) {
            throw invalid(
                    "delay_ms, retries and unique are for detached tasks; send detach with them");
        }
        if (unique != null && (unique.isEmpty() || unique.length() > MAX_UNIQUE)) {
            throw invalid(
                    "unique has %d characters; use 1 to %d".formatted(unique.length(), MAX_UNIQUE));
        }
        return new Delivery(
                atMostOnce,
                Duration.ofMillis(delay),
                times == 0 ? Retries.NONE : retries(given, times),
                unique);
    }

    private Retries retries(RequestOptions given, int times) {
        String codes = given.text("retry_on");
        if (codes != null && !CODES.matcher(codes).matches()) {
            throw invalid(
                    "retry_on \"%s\" is no list of codes; use for example EXCEPTION,TIMEOUT"
                            .formatted(shown(codes)));
        }
        return new Retries(
                times,
                Duration.ofMillis(
                        given.number("retry_delay_ms", 0, MAX_DELAY_MS, DEFAULT_RETRY_MS)),
                codes == null ? Retries.USUAL_CODES : Set.copyOf(List.of(codes.split(","))));
    }

    private boolean endsWithClient() {
        Object given = onDisconnect;
        if (given == null || given.equals("finish")) {
            return false;
        }
        if (given.equals("cancel")) {
            return true;
        }
        throw given instanceof String
                ? invalid(
                        "on_disconnect \"%s\" is unknown; use cancel or finish"
                                .formatted(shown(given.toString())))
                : wrongType("on_disconnect", "a string");
    }

    private Priority priority(RequestOptions given) {
        String name = given.text("priority");
        if (name == null) {
            return Priority.NORMAL;
        }
        return Priority.named(name)
                .orElseThrow(
                        () ->
                                invalid(
                                        "priority \"%s\" is unknown; use high, normal or low"
                                                .formatted(shown(name))));
    }

    private static @Nullable Duration queueTimeout(RequestOptions given) {
        int millis = given.number("queue_timeout_ms", 1, Integer.MAX_VALUE, 0);
        return millis == 0 ? null : Duration.ofMillis(millis);
    }

    private Isolation isolation(RequestOptions given) {
        String name = given.text("isolation");
        if (name == null) {
            return Isolation.NONE;
        }
        return Isolation.named(name)
                .orElseThrow(
                        () ->
                                invalid(
                                        "isolation \"%s\" is unknown; use task, auto or none"
                                                .formatted(shown(name))));
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
        return toId(taskId);
    }

    private @Nullable TaskId optionalId() {
        return taskId == null ? null : toId(taskId);
    }

    /** A refused id is reported by its own name, so that its client knows which it is. */
    private static TaskId toId(String name) {
        try {
            return new TaskId(name);
        } catch (TaskException e) {
            String own = name.length() <= MAX_TOLD ? name : null;
            throw new RequestException(e.kind(), e.explanation(), own);
        }
    }
}
