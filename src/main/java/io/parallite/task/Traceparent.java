package io.parallite.task;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a task belongs in a distributed trace, as W3C Trace Context has it: {@code
 * 00-TRACE-SPAN-FLAGS}, in lower-case hexadecimal digits.
 *
 * @param text 55 characters, of version 00; neither the trace's nor the span's id is zero
 * @param offset where {@code text} is in the task's frame, unless the frame has been changed since
 */
public record Traceparent(String text, int offset) {

    /** Characters, and bytes, of a text. */
    public static final int LENGTH = 55;

    private static final Pattern FORM =
            Pattern.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

    private static final int TRACE = 3;
    private static final int SPAN = TRACE + 32 + 1;
    private static final int FLAGS = SPAN + 16 + 1;

    public Traceparent {
        if (!isValid(text)) {
            throw new IllegalArgumentException("not a traceparent");
        }
    }

    /** Whether {@code text} is one of version 00. */
    public static boolean isValid(@Nullable String text) {
        return text != null && text.length() == LENGTH && FORM.matcher(text).matches();
    }

    /** 32 digits. */
    public String traceId() {
        return text.substring(TRACE, SPAN - 1);
    }

    /** 16 digits. */
    public String spanId() {
        return text.substring(SPAN, FLAGS - 1);
    }

    /** Two digits, of which the last bit says whether the caller records the trace. */
    public String flags() {
        return text.substring(FLAGS);
    }

    /** Whether {@code frame} has these very bytes at the offset. */
    public boolean isIn(byte[] frame) {
        int end = offset + LENGTH;
        return offset >= 0
                && end <= frame.length
                && Arrays.equals(
                        frame, offset, end, text.getBytes(StandardCharsets.US_ASCII), 0, LENGTH);
    }
}
