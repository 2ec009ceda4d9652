package io.parallite.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;

/**
 * Scans replies in JSON. It trusts values it skips to be well-formed; brackets and quotes count.
 */
final class JsonReplyScanner extends ReplyScanner {

    private static final JsonFactory JSON = new JsonFactory();

    @Override
    boolean scanMap(int from) {
        int i = pastSpace(from);
        if (at(i) != '{') {
            return false;
        }
        i = pastSpace(i + 1);
        while (at(i) == '"') {
            int keyEnd = pastString(i);
            Field field = field(i + 1, keyEnd - 1);
            i = pastSpace(keyEnd);
            if (at(i) != ':') {
                return false;
            }
            int value = pastSpace(i + 1);
            i = pastValue(value);
            if (!take(field, value, i)) {
                return false;
            }
            if (complete()) {
                return true;
            }
            i = pastSpace(i);
            if (at(i) != ',') {
                break;
            }
            i = pastSpace(i + 1);
        }
        return at(i) == '}';
    }

    /** Error texts are rare: the library undoes their escapes. */
    @Override
    String text(int from, int end) {
        try (JsonParser parser = JSON.createParser(bytes, from - 1, end - from + 2)) {
            String text = parser.nextTextValue();
            return text == null ? "" : text;
        } catch (IOException e) {
            return new String(bytes, from, end - from, UTF_8);
        }
    }

    private boolean take(Field field, int from, int end) {
        if (end > to) {
            return false;
        }
        int first = at(from);
        if (field == Field.OK) {
            if (first != 't' && first != 'f') {
                return false;
            }
            foundOk(first == 't');
        } else if (first == '"') {
            foundString(field, from + 1, end - 1);
        }
        return end > from;
    }

    private int pastSpace(int from) {
        int i = from;
        while (i < to && (bytes[i] == ' ' || (bytes[i] >= '\t' && bytes[i] <= '\r'))) {
            i++;
        }
        return i;
    }

    /** The offset behind a string's closing quote; behind the end if it has none. */
    private int pastString(int quote) {
        for (int i = quote + 1; i < to; i++) {
            if (bytes[i] == '"') {
                return i + 1;
            }
            if (bytes[i] == '\\') {
                i++;
            }
        }
        return to + 1;
    }

    private int pastValue(int from) {
        return switch (at(from)) {
            case '"' -> pastString(from);
            case '{', '[' -> pastNested(from);
            default -> pastScalar(from);
        };
    }

    private int pastNested(int from) {
        int open = 0;
        int i = from;
        while (i < to) {
            switch (bytes[i]) {
                case '"' -> i = pastString(i) - 1;
                case '{', '[' -> open++;
                case '}', ']' -> {
                    if (--open == 0) {
                        return i + 1;
                    }
                }
                default -> {}
            }
            i++;
        }
        return to + 1;
    }

    private int pastScalar(int from) {
        int i = from;
        while (i < to && bytes[i] > ' ' && bytes[i] != ',' && bytes[i] != '}') {
            i++;
        }
        return i;
    }
}
