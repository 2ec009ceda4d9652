package io.parallite.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import io.parallite.task.FailureKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.ValueType;

/**
 * Tells a MessagePack frame in JSON, value by value: it takes no more memory than what it writes.
 * Strings that are no UTF-8 become base64, keys that are no strings become some.
 */
final class MessagePackToJson {

    private final byte[] frame;
    private final MessageUnpacker in;
    private final JsonGenerator out;

    private MessagePackToJson(byte[] frame, MessageUnpacker in, JsonGenerator out) {
        this.frame = frame;
        this.in = in;
        this.out = out;
    }

    /**
     * {@code frame} in JSON.
     *
     * @throws RequestException of kind {@link FailureKind#RESULT_NOT_ENCODABLE} when a value has no
     *     form there, or all of them take more than {@code maxBody} bytes
     */
    static byte[] translate(byte[] frame, int maxBody) {
        LimitedOutput bytes = new LimitedOutput(maxBody);
        try (MessageUnpacker in = MessagePackEncoding.open(frame, FrameReader.HEADER);
                JsonGenerator out = JsonEncoding.generator(bytes)) {
            new MessagePackToJson(frame, in, out).markedMap(true);
            out.flush();
            return bytes.toFrame();
        } catch (IOException | MessagePackException e) {
            throw MessagePackEncoding.malformed(e, null);
        }
    }

    /** A map whose fields say of each other how bytes are written. */
    private void markedMap(boolean isFrame) throws IOException {
        Marks marks = marks();
        out.writeStartObject();
        for (int left = MessagePackValues.mapHeader(in, frame); left > 0; left--) {
            String name = key();
            out.writeFieldName(name);
            ValueType type = in.getNextFormat().getValueType();
            if (type.isRawType()) {
                markedText(name, marks);
            } else if (isFrame && name.equals("result") && type == ValueType.MAP) {
                result();
            } else {
                value(1);
            }
        }
        out.writeEndObject();
    }

    private void result() throws IOException {
        if (marks().areOfCommand()) {
            markedMap(false);
        } else {
            value(1);
        }
    }

    private void markedText(String name, Marks marks) throws IOException {
        byte[] bytes = MessagePackValues.bytes(in, frame);
        String text = marks.isSerialized(name) ? null : utf8(bytes);
        out.writeString(text == null ? base64(bytes) : text);
        if (text == null && !marks.isSerialized(name)) {
            out.writeStringField(name + Marks.SUFFIX, Marks.BASE64);
        }
    }

    private void value(int depth) throws IOException {
        if (depth > JsonValues.MAX_READ_DEPTH) {
            throw JsonValues.tooDeep();
        }
        MessageFormat format = in.getNextFormat();
        switch (format.getValueType()) {
            case NIL -> {
                in.unpackNil();
                out.writeNull();
            }
            case BOOLEAN -> out.writeBoolean(in.unpackBoolean());
            case INTEGER -> integer(format);
            case FLOAT -> JsonValues.write(out, in.unpackDouble());
            case STRING, BINARY -> {
                byte[] bytes = MessagePackValues.bytes(in, frame);
                String text = utf8(bytes);
                out.writeString(text == null ? base64(bytes) : text);
            }
            case ARRAY -> {
                out.writeStartArray();
                for (int left = MessagePackValues.arrayHeader(in, frame); left > 0; left--) {
                    value(depth + 1);
                }
                out.writeEndArray();
            }
            case MAP -> {
                out.writeStartObject();
                for (int left = MessagePackValues.mapHeader(in, frame); left > 0; left--) {
                    out.writeFieldName(key());
                    value(depth + 1);
                }
                out.writeEndObject();
            }
            case EXTENSION -> throw MessagePackValues.extension();
        }
    }

    private void integer(MessageFormat format) throws IOException {
        if (format == MessageFormat.UINT64) {
            out.writeNumber(in.unpackBigInteger());
        } else {
            out.writeNumber(in.unpackLong());
        }
    }

    /** The next key as text, whatever it is. */
    private String key() throws IOException {
        MessageFormat format = in.getNextFormat();
        return switch (format.getValueType()) {
            case STRING, BINARY -> {
                byte[] bytes = MessagePackValues.bytes(in, frame);
                String text = utf8(bytes);
                yield text == null ? base64(bytes) : text;
            }
            case NIL -> {
                in.unpackNil();
                yield "null";
            }
            case BOOLEAN -> String.valueOf(in.unpackBoolean());
            case INTEGER ->
                    format == MessageFormat.UINT64
                            ? in.unpackBigInteger().toString()
                            : String.valueOf(in.unpackLong());
            case FLOAT -> String.valueOf(in.unpackDouble());
            case ARRAY, MAP ->
                    throw new RequestException(
                            FailureKind.RESULT_NOT_ENCODABLE,
                            "the result has a list or map as a key, which JSON cannot tell",
                            null);
            case EXTENSION -> throw MessagePackValues.extension();
        };
    }

    /** The marks in the map that comes next. */
    private Marks marks() throws IOException {
        Marks marks = new Marks();
        int from = MessagePackValues.position(in);
        try (MessageUnpacker ahead = MessagePackEncoding.open(frame, from)) {
            if (ahead.getNextFormat().getValueType() != ValueType.MAP) {
                throw new IOException("expected a map");
            }
            for (int left = ahead.unpackMapHeader(); left > 0; left--) {
                note(marks, ahead, from);
            }
        }
        return marks;
    }

    private void note(Marks marks, MessageUnpacker ahead, int from) throws IOException {
        if (!ahead.getNextFormat().getValueType().isRawType()) {
            MessagePackValues.skip(ahead, frame, from);
            MessagePackValues.skip(ahead, frame, from);
            return;
        }
        String name = MessagePackValues.string(ahead, frame, from);
        boolean isText = Marks.isMark(name) && ahead.getNextFormat().getValueType().isRawType();
        if (isText) {
            marks.note(name, MessagePackValues.string(ahead, frame, from));
        } else {
            marks.note(name, null);
            MessagePackValues.skip(ahead, frame, from);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** The text in {@code bytes}; {@code null} when they are no UTF-8. */
    static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
