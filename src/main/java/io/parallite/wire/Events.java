package io.parallite.wire;

import io.parallite.task.TaskException;
import io.parallite.task.TaskOutput;
import io.parallite.task.TaskProgress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the content of events of a worker. */
public final class Events {

    private Events() {}

    /** How far the task is by a {@code progress} event; {@code null} when it makes no sense. */
    public static @Nullable TaskProgress progress(byte[] frame) {
        Map<String, Object> fields = fields(frame);
        if (fields.get("fraction") == null && fields.get("message") == null) {
            return null;
        }
        return new TaskProgress(
                fraction(fields.get("fraction")),
                fields.get("message") instanceof String message ? message : null);
    }

    private static @Nullable Double fraction(@Nullable Object value) {
        if (!(value instanceof Number number) || Double.isNaN(number.doubleValue())) {
            return null;
        }
        return Math.clamp(number.doubleValue(), 0.0, 1.0);
    }

    /** The piece of output in an {@code output} event. */
    public static TaskOutput output(byte[] frame) {
        Map<String, Object> fields = fields(frame);
        return new TaskOutput(
                fields.get("stream") instanceof String stream ? stream : "",
                fields.get("offset") instanceof Number offset ? offset.longValue() : -1,
                fields.get("length") instanceof Number length ? length.longValue() : 0);
    }

    /** The text of an {@code output} event; bytes that are none are replaced. */
    public static String outputText(byte[] frame) {
        Map<String, Object> fields = fields(frame);
        String data = fields.get("data") instanceof String text ? text : "";
        return Marks.BASE64.equals(fields.get("data" + Marks.SUFFIX)) ? Marks.text(data) : data;
    }

    /** What PHP was doing by a {@code stack} event; empty when it does not say. */
    public static String stack(byte[] frame) {
        return fields(frame).get("stack") instanceof String stack ? stack : "";
    }

    private static Map<String, Object> fields(byte[] frame) {
        try {
            return Encoding.of(frame).decodeAll(frame);
        } catch (TaskException e) {
            return Map.of();
        }
    }
}
