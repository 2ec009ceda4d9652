package io.parallite.wire;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Values that PHP has serialized: {@code X} beside an {@code X_encoding} of {@code "php"}. JSON
 * carries them in base64, MessagePack as they are.
 */
final class PhpBlobs {

    private static final String MARK = "_encoding";

    private PhpBlobs() {}

    /** {@code fields} of a frame as they are told in the other encoding. */
    static Map<String, Object> translate(Map<String, Object> fields, boolean fromJson) {
        Map<String, Object> told = new LinkedHashMap<>(fields);
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            String name = field.getKey();
            if (name.endsWith(MARK) && "php".equals(field.getValue())) {
                told.computeIfPresent(
                        name.substring(0, name.length() - MARK.length()),
                        (key, blob) -> fromJson ? decode(blob) : bytes(blob));
            }
        }
        return told;
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
