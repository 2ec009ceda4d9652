package io.parallite.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.parallite.task.FailureKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whole JSON values, into memory and out of it. */
public final class JsonValues {

    /** Deeper values than this are only skipped, never read into memory. */
    static final int MAX_READ_DEPTH = 512;

    private JsonValues() {}

    private static @Nullable Object read(JsonParser parser, int depth) throws IOException {
        if (depth > MAX_READ_DEPTH) {
            throw tooDeep();
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> readMap(parser, depth);
            case START_ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(read(parser, depth + 1));
                }
                yield list;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
                    throw new IOException("unexpected " + parser.currentToken());
        };
    }

    /** The map that the parser has come to, with all that is in it. */
    static Map<String, @Nullable Object> readMap(JsonParser parser, int depth) throws IOException {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            map.put(name, read(parser, depth + 1));
        }
        return map;
    }

    /** The refusal to read more levels into memory. */
    static RequestException tooDeep() {
        return new RequestException(
                FailureKind.RESULT_NOT_ENCODABLE,
                "result is nested deeper than %d levels and cannot be written in the other encoding"
                        .formatted(MAX_READ_DEPTH),
                null);
    }

    /**
     * Writes a string, number, boolean, null, list or map.
     *
     * @throws RequestException of kind {@link FailureKind#RESULT_NOT_ENCODABLE} for a number that
     *     JSON has no form for
     */
    public static void write(JsonGenerator json, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> json.writeNull();
            case Map<?, ?> map -> {
                json.writeStartObject();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    json.writeFieldName(String.valueOf(entry.getKey()));
                    write(json, entry.getValue());
                }
                json.writeEndObject();
            }
            case Iterable<?> list -> {
                json.writeStartArray();
                for (Object item : list) {
                    write(json, item);
                }
                json.writeEndArray();
            }
            case Double d when !Double.isFinite(d) ->
                    throw new RequestException(
                            FailureKind.RESULT_NOT_ENCODABLE,
                            "JSON has no form for the number %s in the result; use MessagePack"
                                    .formatted(d),
                            null);
            case Double d -> json.writeNumber(d);
            case Number n -> json.writeNumber(n.toString());
            case Boolean b -> json.writeBoolean(b);
            case byte[] binary -> json.writeString(Base64.getEncoder().encodeToString(binary));
            default -> json.writeString(value.toString());
        }
    }
}
