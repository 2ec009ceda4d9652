package io.parallite.wire;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bytes in the fields of a frame, and what becomes of them in the other encoding.
 *
 * <p>{@code X} beside an {@code X_encoding} of {@code "php"} is a value that PHP has serialized:
 * JSON carries it in base64, MessagePack as it is. With {@code "base64"} it is bytes that are no
 * text, in JSON only. Both stand at the top of a frame, the latter also in the result of a command.
 */
final class Blobs {

    private static final String MARK = "_encoding";
    private static final String BASE64 = "base64";

    private Blobs() {}

    /** {@code fields} of a frame as they are told in the other encoding. */
    static Map<String, Object> translate(Map<String, Object> fields, boolean fromJson) {
        Map<String, Object> told = fromJson ? fromJson(fields) : toJson(fields);
        told.computeIfPresent(
                "result", (name, result) -> ofCommand(result) ? inside(result, fromJson) : result);
        return told;
    }

    private static boolean ofCommand(Object result) {
        return result instanceof Map<?, ?> map
                && map.containsKey("stdout")
                && map.containsKey("stderr")
                && map.containsKey("exit_code");
    }

    @SuppressWarnings("unchecked")
    private static Object inside(Object result, boolean fromJson) {
        Map<String, Object> fields = (Map<String, Object>) result;
        return fromJson ? fromJson(fields) : toJson(fields);
    }

    private static Map<String, Object> fromJson(Map<String, Object> fields) {
        Map<String, Object> told = new LinkedHashMap<>(fields);
        fields.forEach(
                (name, mark) -> {
                    if (name.endsWith(MARK) && ("php".equals(mark) || BASE64.equals(mark))) {
                        told.computeIfPresent(marked(name), (key, blob) -> decode(blob));
                    }
                    if (name.endsWith(MARK) && BASE64.equals(mark)) {
                        told.remove(name);
                    }
                });
        return told;
    }

    private static Map<String, Object> toJson(Map<String, Object> fields) {
        Map<String, Object> told = new LinkedHashMap<>();
        fields.forEach(
                (name, value) -> {
                    if ("php".equals(fields.get(name + MARK))) {
                        told.put(name, bytes(value));
                    } else {
                        told.put(name, value);
                        if (value instanceof byte[]) {
                            told.put(name + MARK, BASE64);
                        }
                    }
                });
        return told;
    }

    private static String marked(String mark) {
        return mark.substring(0, mark.length() - MARK.length());
    }

    private static Object decode(Object blob) {
        try {
            return blob instanceof String text ? Base64.getDecoder().decode(text) : blob;
        } catch (IllegalArgumentException e) {
            return blob; // not in base64: nothing that a worker of ours would send
        }
    }

    /** Bytes that happen to be text are bytes all the same. */
    private static Object bytes(Object blob) {
        return blob instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : blob;
    }
}
