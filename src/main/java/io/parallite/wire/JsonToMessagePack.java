package io.parallite.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.parallite.task.FailureKind;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePacker;

/**
 * Tells a JSON frame in MessagePack, value by value: beside what it writes it takes four bytes for
 * each list and map, whose sizes come first there.
 */
final class JsonToMessagePack {

    private final byte[] frame;
    private final JsonParser in;
    private final MessagePacker out;
    private int[] sizes = new int[16];
    private int counted;
    private int used;

    private JsonToMessagePack(byte[] frame, JsonParser in, MessagePacker out) {
        this.frame = frame;
        this.in = in;
        this.out = out;
    }

    /**
     * {@code frame} in MessagePack.
     *
     * @throws RequestException of kind {@link FailureKind#RESULT_NOT_ENCODABLE} when it takes more
     *     than {@code maxBody} bytes there, or is nested too deep
     */
    static byte[] translate(byte[] frame, int maxBody) {
        LimitedOutput bytes = new LimitedOutput(maxBody);
        try (JsonParser in = JsonEncoding.openReply(frame, FrameReader.HEADER);
                MessagePacker out = MessagePack.newDefaultPacker(bytes)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("expected a JSON object");
            }
            new JsonToMessagePack(frame, in, out).markedMap(true);
            out.flush();
            return bytes.toFrame();
        } catch (IOException e) {
            throw JsonEncoding.malformed(e, null);
        }
    }

    /** The map that the parser has come to, whose fields say of each other which are bytes. */
    private void markedMap(boolean isFrame) throws IOException {
        Marks marks = marks();
        out.packMapHeader(marks.fieldsInMessagePack());
        for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
            JsonToken value = in.nextToken();
            if (marks.isForJsonOnly(name)) {
                in.skipChildren();
                continue;
            }
            out.packString(name);
            if (value == JsonToken.VALUE_STRING && marks.isInBase64(name)) {
                blob(in.getText());
            } else if (isFrame && name.equals("result") && value == JsonToken.START_OBJECT) {
                result();
            } else {
                whole(value);
            }
        }
    }

    private void result() throws IOException {
        if (marks().areOfCommand()) {
            markedMap(false);
        } else {
            whole(JsonToken.START_OBJECT);
        }
    }

    private void blob(String text) throws IOException {
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            out.packBinaryHeader(bytes.length).addPayload(bytes);
        } catch (IllegalArgumentException e) {
            out.packString(text); // not in base64: nothing that a worker of ours would send
        }
    }

    /** A value with all that is in it, whose lists and maps are counted first. */
    private void whole(JsonToken value) throws IOException {
        counted = 0;
        used = 0;
        if (value.isStructStart()) {
            try (JsonParser ahead = JsonEncoding.openReply(frame, offset())) {
                ahead.nextToken();
                count(ahead, 1);
            }
        }
        write(value);
    }

    private void count(JsonParser ahead, int depth) throws IOException {
        if (depth > JsonValues.MAX_READ_DEPTH) {
            throw JsonValues.tooDeep();
        }
        int place = counted++;
        if (place == sizes.length) {
            sizes = Arrays.copyOf(sizes, 2 * sizes.length);
        }
        int size = 0;
        for (JsonToken token = ahead.nextToken(); !token.isStructEnd(); token = ahead.nextToken()) {
            if (token == JsonToken.FIELD_NAME) {
                token = ahead.nextToken();
            }
            size++;
            if (token.isStructStart()) {
                count(ahead, depth + 1);
            }
        }
        sizes[place] = size;
    }

    private void write(JsonToken value) throws IOException {
        switch (value) {
            case START_OBJECT -> {
                out.packMapHeader(sizes[used++]);
                for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
                    out.packString(name);
                    write(in.nextToken());
                }
            }
            case START_ARRAY -> {
                out.packArrayHeader(sizes[used++]);
                for (JsonToken item = in.nextToken();
                        item != JsonToken.END_ARRAY;
                        item = in.nextToken()) {
                    write(item);
                }
            }
            case VALUE_STRING -> {
                byte[] text = in.getText().getBytes(StandardCharsets.UTF_8);
                out.packRawStringHeader(text.length).addPayload(text);
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(in.getNumberValue());
            case VALUE_TRUE -> out.packBoolean(true);
            case VALUE_FALSE -> out.packBoolean(false);
            case VALUE_NULL -> out.packNil();
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
                    throw new IOException("unexpected " + value);
        }
    }

    private void number(Number number) throws IOException {
        switch (number) {
            case BigInteger big when big.bitLength() > 63 -> out.packDouble(big.doubleValue());
            case Double d -> out.packDouble(d);
            case Float f -> out.packDouble(f);
            default -> out.packLong(number.longValue());
        }
    }

    /** The marks in the map that the parser has come to. */
    private Marks marks() throws IOException {
        Marks marks = new Marks();
        try (JsonParser ahead = JsonEncoding.openReply(frame, offset())) {
            ahead.nextToken();
            for (String name = ahead.nextFieldName(); name != null; name = ahead.nextFieldName()) {
                marks.note(name, textOf(ahead, name));
            }
        }
        return marks;
    }

    private static @Nullable String textOf(JsonParser ahead, String name) throws IOException {
        boolean isText = ahead.nextToken() == JsonToken.VALUE_STRING;
        if (isText && Marks.isMark(name)) {
            return ahead.getText();
        }
        ahead.skipChildren();
        return null;
    }

    /** Where in the frame the token begins that the parser has come to. */
    private int offset() {
        return FrameReader.HEADER + (int) in.currentTokenLocation().getByteOffset();
    }
}
