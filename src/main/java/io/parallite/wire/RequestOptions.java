package io.parallite.wire;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields that only some requests have. Their values are checked when the type of the request is
 * known: in a frame of another type, a field of the same name is left to the worker.
 */
final class RequestOptions {

    /** Their names, except those whose values are no scalars. */
    static final Set<String> NAMES =
            Set.of(
                    "stream",
                    "stream_output",
                    "grace_ms",
                    "limit",
                    "status",
                    "isolation",
                    "priority",
                    "queue_timeout_ms",
                    "token",
                    "at_most_once",
                    "delay_ms",
                    "retries",
                    "retry_delay_ms",
                    "retry_on",
                    "unique",
                    "action",
                    "fixed_workers",
                    "hash",
                    "to",
                    "payload_encoding",
                    "pool",
                    "parent",
                    "name");

    /** Stands for a value that is no scalar. */
    static final Object COMPOUND = new Object();

    /** Of a list of strings no more are read: none that is meant is so long. */
    static final int MOST_TEXTS = 1000;

    private final Envelope envelope;
    private final Map<String, Object> values = new HashMap<>();

    RequestOptions(Envelope envelope) {
        this.envelope = envelope;
    }

    /**
     * Notes a field: a {@code String}, a {@code Double}, a {@code Boolean}, a list of strings, or
     * COMPOUND.
     */
    void put(String field, @Nullable Object value) {
        if (value == null) {
            values.remove(field);
        } else {
            values.put(field, value);
        }
    }

    boolean flag(String field) {
        Object value = values.getOrDefault(field, false);
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw envelope.wrongType(field, "true or false");
    }

    /** A whole number within {@code min..max}. */
    int number(String field, int min, int max, int byDefault) {
        Object value = values.get(field);
        if (value == null) {
            return byDefault;
        }
        if (!(value instanceof Double number)) {
            throw envelope.wrongType(field, "a number");
        }
        long whole = number.longValue();
        if (whole < min || whole > max) {
            throw envelope.invalid("%s=%d is not within %d..%d".formatted(field, whole, min, max));
        }
        return (int) whole;
    }

    /** A list of strings; none when it is absent. */
    List<String> texts(String field) {
        Object value = values.get(field);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> list)) {
            throw envelope.wrongType(field, "a list of strings");
        }
        return list.stream().map(String.class::cast).toList();
    }

    /** A string; {@code null} when it is absent, or something else. */
    @Nullable String textIfAny(String field) {
        return values.get(field) instanceof String text ? text : null;
    }

    @Nullable String text(String field) {
        Object value = values.get(field);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw envelope.wrongType(field, "a string");
    }
}
