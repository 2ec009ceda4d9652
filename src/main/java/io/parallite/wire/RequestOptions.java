package io.parallite.wire;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields that only some requests know. What is in them is judged when the type of the request
 * is known: in a frame of another type a field of the same name belongs to somebody else.
 */
final class RequestOptions {

    /** Stands for a value that is no scalar. */
    static final Object COMPOUND = new Object();

    private final Envelope envelope;
    private final Map<String, Object> values = new HashMap<>();

    RequestOptions(Envelope envelope) {
        this.envelope = envelope;
    }

    /** Notes a field: a {@code String}, a {@code Double}, a {@code Boolean}, or COMPOUND. */
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

    @Nullable String text(String field) {
        Object value = values.get(field);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw envelope.wrongType(field, "a string");
    }
}
