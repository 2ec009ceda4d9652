package io.parallite.wire;

import io.parallite.task.FailureKind;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.ValueType;

/** MessagePack values, into memory and out of it, never trusting the lengths they claim. */
final class MessagePackValues {

    private MessagePackValues() {}

    /** The next value of {@code frame}, with all that is in it. */
    static @Nullable Object read(MessageUnpacker unpacker, byte[] frame, int depth)
            throws IOException {
        if (depth > JsonValues.MAX_READ_DEPTH) {
            throw JsonValues.tooDeep();
        }
        MessageFormat format = unpacker.getNextFormat();
        return switch (format.getValueType()) {
            case NIL -> {
                unpacker.unpackNil();
                yield null;
            }
            case BOOLEAN -> unpacker.unpackBoolean();
            case INTEGER ->
                    format == MessageFormat.UINT64
                            ? unpacker.unpackBigInteger()
                            : (Object) unpacker.unpackLong();
            case FLOAT -> unpacker.unpackDouble();
            case STRING, BINARY -> textOrBytes(unpacker, frame);
            case ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                for (int left = arrayHeader(unpacker, frame); left > 0; left--) {
                    list.add(read(unpacker, frame, depth + 1));
                }
                yield list;
            }
            case MAP -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                for (int left = mapHeader(unpacker, frame); left > 0; left--) {
                    map.put(
                            String.valueOf(read(unpacker, frame, depth + 1)),
                            read(unpacker, frame, depth + 1));
                }
                yield map;
            }
            case EXTENSION ->
                    throw new RequestException(
                            FailureKind.RESULT_NOT_ENCODABLE,
                            "the result holds a MessagePack extension, which JSON cannot tell",
                            null);
        };
    }

    private static Object textOrBytes(MessageUnpacker unpacker, byte[] frame) throws IOException {
        byte[] bytes = bytes(unpacker, frame);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            return bytes;
        }
    }

    /** Writes a string, number, boolean, null, byte array, list or map. */
    static void write(MessageBufferPacker packer, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> packer.packNil();
            case Map<?, ?> map -> {
                packer.packMapHeader(map.size());
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    packer.packString(String.valueOf(entry.getKey()));
                    write(packer, entry.getValue());
                }
            }
            case List<?> list -> {
                packer.packArrayHeader(list.size());
                for (Object item : list) {
                    write(packer, item);
                }
            }
            case Boolean b -> packer.packBoolean(b);
            case BigInteger big when big.bitLength() > 63 -> packer.packDouble(big.doubleValue());
            case Double d -> packer.packDouble(d);
            case Float f -> packer.packDouble(f);
            case Number n -> packer.packLong(n.longValue());
            case byte[] binary -> {
                packer.packBinaryHeader(binary.length);
                packer.addPayload(binary);
            }
            default -> packer.packString(value.toString());
        }
    }

    /** Where in the frame the unpacker stands. */
    static int position(MessageUnpacker unpacker) {
        return FrameReader.HEADER + (int) unpacker.getTotalReadBytes();
    }

    /** The next string or binary as text. */
    static String string(MessageUnpacker unpacker, byte[] frame) throws IOException {
        int length = rawHeader(unpacker, frame);
        int from = position(unpacker);
        unpacker.readPayloadAsReference(length);
        return new String(frame, from, length, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(MessageUnpacker unpacker, byte[] frame) throws IOException {
        return unpacker.readPayloadAsReference(rawHeader(unpacker, frame)).toByteArray();
    }

    private static int rawHeader(MessageUnpacker unpacker, byte[] frame) throws IOException {
        boolean isText = unpacker.getNextFormat().getValueType() == ValueType.STRING;
        int length = isText ? unpacker.unpackRawStringHeader() : unpacker.unpackBinaryHeader();
        checkWithin(unpacker, frame, length);
        return length;
    }

    /**
     * Skips a value of any depth. The library's own way counts in an {@code int}, which a few bytes
     * of nested headers can make overflow.
     */
    static void skip(MessageUnpacker unpacker, byte[] frame) throws IOException {
        for (long left = 1; left > 0; left--) {
            switch (unpacker.getNextFormat().getValueType()) {
                case MAP -> left += 2L * mapHeader(unpacker, frame);
                case ARRAY -> left += arrayHeader(unpacker, frame);
                default -> unpacker.skipValue();
            }
        }
    }

    /** How many entries the next map has; no more than the frame can hold. */
    static int mapHeader(MessageUnpacker unpacker, byte[] frame) throws IOException {
        int entries = unpacker.unpackMapHeader();
        checkWithin(unpacker, frame, 2L * entries);
        return entries;
    }

    private static int arrayHeader(MessageUnpacker unpacker, byte[] frame) throws IOException {
        int items = unpacker.unpackArrayHeader();
        checkWithin(unpacker, frame, items);
        return items;
    }

    /** The library would allocate whatever length a header claims. */
    static void checkWithin(MessageUnpacker unpacker, byte[] frame, long length)
            throws IOException {
        if (length > frame.length - position(unpacker)) {
            throw new IOException("a value ends behind the frame");
        }
    }
}
