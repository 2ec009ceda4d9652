package io.parallite.wire;

import io.parallite.task.TaskException;
import io.parallite.units.Texts;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What people want to see of a worker's reply beside its error: class, code, file, line and trace
 * of the exception, and what the task has printed. All of it is text, whatever bytes it was.
 */
public final class ReplyDetail {

    /** The beginning of a trace is kept: where it was thrown. */
    static final int MAX_TRACE = 8 * 1024;

    /** Of the output, the end is kept. */
    static final int MAX_OUTPUT = 4 * 1024;

    private static final int MAX_TEXT = 1000;
    private static final String OUTPUT = "output";
    private static final String OUTPUT_ENCODING = OUTPUT + Marks.SUFFIX;

    private static final Set<String> FIELDS =
            Set.of("class", "code", "file", "line", "trace", OUTPUT, OUTPUT_ENCODING);

    private ReplyDetail() {}

    /** The fields of {@code frame}, each cut to what is kept; none of a frame that is no map. */
    public static Map<String, Object> of(byte[] frame) {
        Map<String, Object> picked;
        try {
            picked = Encoding.of(frame).pick(frame, FIELDS);
        } catch (TaskException e) {
            return Map.of();
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        put(fields, picked, "class");
        put(fields, picked, "code");
        put(fields, picked, "file");
        put(fields, picked, "line");
        if (picked.get("trace") instanceof String trace) {
            fields.put("trace", Texts.shorten(trace, MAX_TRACE));
        }
        if (picked.get(OUTPUT) instanceof String output && !output.isEmpty()) {
            boolean inBase64 = Marks.BASE64.equals(picked.get(OUTPUT_ENCODING));
            fields.put(OUTPUT, end(inBase64 ? Marks.text(output) : output));
        }
        return fields;
    }

    /** What is kept of a long reply, as a frame of its own. */
    public static byte[] cut(byte[] frame) {
        return Encoding.JSON.encode(of(frame));
    }

    /** A frame that says no more than what a task has printed. */
    public static byte[] ofOutput(String printed) {
        return Encoding.JSON.encode(Map.of(OUTPUT, printed));
    }

    private static void put(Map<String, Object> fields, Map<String, Object> picked, String name) {
        Object value = picked.get(name);
        if (value != null) {
            fields.put(name, value instanceof String text ? Texts.shorten(text, MAX_TEXT) : value);
        }
    }

    /** The end of {@code text}, after an ellipsis where that is not all; no pair is cut in two. */
    private static String end(String text) {
        if (text.length() <= MAX_OUTPUT) {
            return text;
        }
        int from = text.length() - MAX_OUTPUT + 1;
        return "…" + text.substring(Character.isLowSurrogate(text.charAt(from)) ? from + 1 : from);
    }
}
