package io.parallite.wire;

import io.parallite.task.FailureKind;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which fields of a map hold bytes, as their neighbours say.
 *
 * <p>{@code X} beside an {@code X_encoding} of {@code "php"} is a value that PHP has serialized:
 * JSON carries it in base64, MessagePack as it is. With {@code "base64"} it is bytes that are no
 * text, in JSON only. Both stand at the top of a frame, the latter also in the result of a command,
 * which is known by its fields.
 */
final class Marks {

    static final String SUFFIX = "_encoding";
    static final String BASE64 = "base64";
    private static final String PHP = "php";

    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int EXIT_CODE = 4;

    /** More than any frame of ours has. */
    private static final int MOST = 1000;

    private final Map<String, String> marks = new HashMap<>(4);
    private final Map<String, Integer> occurrences = new HashMap<>(4);
    private int ofCommand;
    private int fields;

    /** The text that {@code base64} stands for; what is no base64 as it is. */
    static String text(String base64) {
        try {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return base64;
        }
    }

    /** Takes note of a field; {@code value} is its text, {@code null} when it is something else. */
    void note(String name, @Nullable String value) {
        fields++;
        ofCommand |=
                switch (name) {
                    case "stdout" -> STDOUT;
                    case "stderr" -> STDERR;
                    case "exit_code" -> EXIT_CODE;
                    default -> 0;
                };
        if (isMark(name)) {
            noteMark(marked(name), value);
        }
    }

    private void noteMark(String marked, @Nullable String value) {
        occurrences.merge(marked, 1, Integer::sum);
        if (PHP.equals(value) || BASE64.equals(value)) {
            marks.put(marked, value);
        }
        if (occurrences.size() > MOST) {
            throw new RequestException(
                    FailureKind.RESULT_NOT_ENCODABLE,
                    "more than %d fields of the result end in %s".formatted(MOST, SUFFIX),
                    null);
        }
    }

    private static String marked(String mark) {
        return mark.substring(0, mark.length() - SUFFIX.length());
    }

    /** Whether the value of {@code name} is worth being given to {@link #note}. */
    static boolean isMark(String name) {
        return name.endsWith(SUFFIX);
    }

    /** Whether these are the fields of the result of a command. */
    boolean areOfCommand() {
        return ofCommand == (STDOUT | STDERR | EXIT_CODE);
    }

    /** Whether PHP has serialized the value of {@code name}. */
    boolean isSerialized(String name) {
        return PHP.equals(marks.get(name));
    }

    /** Whether the value of {@code name} is bytes that JSON carries in base64. */
    boolean isInBase64(String name) {
        return marks.containsKey(name);
    }

    /** Whether {@code name} only marks another field as base64, which MessagePack need not say. */
    boolean isForJsonOnly(String name) {
        return isMark(name) && BASE64.equals(marks.get(marked(name)));
    }

    /** How many fields the map has in MessagePack. */
    int fieldsInMessagePack() {
        int left = fields;
        for (Map.Entry<String, Integer> mark : occurrences.entrySet()) {
            left -= BASE64.equals(marks.get(mark.getKey())) ? mark.getValue() : 0;
        }
        return left;
    }
}
