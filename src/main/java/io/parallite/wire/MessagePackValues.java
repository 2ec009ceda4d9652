package io.parallite.wire;

import io.parallite.task.FailureKind;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
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
            case EXTENSION -> throw extension();
        };
    }

    /** The refusal of a value that only MessagePack has. */
    static RequestException extension() {
        return new RequestException(
                FailureKind.RESULT_NOT_ENCODABLE,
                "the result holds a MessagePack extension, which JSON cannot tell",
                null);
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

    /** Where in the frame an unpacker stands that reads all of it. */
    static int position(MessageUnpacker unpacker) {
        return position(unpacker, FrameReader.HEADER);
    }

    private static int position(MessageUnpacker unpacker, int from) {
        return from + (int) unpacker.getTotalReadBytes();
    }

    /** The next string or binary as text. */
    static String string(MessageUnpacker unpacker, byte[] frame) throws IOException {
        return string(unpacker, frame, FrameReader.HEADER);
    }

    /** The same by an unpacker that began to read at {@code from}. */
    static String string(MessageUnpacker unpacker, byte[] frame, int from) throws IOException {
        int length = rawHeader(unpacker, frame, from);
        int at = position(unpacker, from);
        unpacker.readPayloadAsReference(length);
        return new String(frame, at, length, StandardCharsets.UTF_8);
    }

    /** The next string or binary as it is. */
    static byte[] bytes(MessageUnpacker unpacker, byte[] frame) throws IOException {
        int length = rawHeader(unpacker, frame, FrameReader.HEADER);
        return unpacker.readPayloadAsReference(length).toByteArray();
    }

    private static int rawHeader(MessageUnpacker unpacker, byte[] frame, int from)
            throws IOException {
        boolean isText = unpacker.getNextFormat().getValueType() == ValueType.STRING;
        int length = isText ? unpacker.unpackRawStringHeader() : unpacker.unpackBinaryHeader();
        checkWithin(unpacker, frame, from, length);
        return length;
    }

    /**
     * Skips a value of any depth. The library's own way counts in an {@code int}, which a few bytes
     * of nested headers can make overflow.
     */
    static void skip(MessageUnpacker unpacker, byte[] frame) throws IOException {
        skip(unpacker, frame, FrameReader.HEADER);
    }

    /** The same by an unpacker that began to read at {@code from}. */
    static void skip(MessageUnpacker unpacker, byte[] frame, int from) throws IOException {
        for (long left = 1; left > 0; left--) {
            left += skipOne(unpacker, frame, from);
        }
    }

    /** Skips a value, or its header; answers how many values are in it. */
    private static long skipOne(MessageUnpacker unpacker, byte[] frame, int from)
            throws IOException {
        return switch (unpacker.getNextFormat().getValueType()) {
            case MAP -> {
                int entries = unpacker.unpackMapHeader();
                checkWithin(unpacker, frame, from, 2L * entries);
                yield 2L * entries;
            }
            case ARRAY -> {
                int items = unpacker.unpackArrayHeader();
                checkWithin(unpacker, frame, from, items);
                yield items;
            }
            default -> {
                unpacker.skipValue();
                yield 0;
            }
        };
    }

    /** Skips a value that is nested no deeper than {@code levels}. */
    static void skipWithin(int levels, MessageUnpacker unpacker, byte[] frame) throws IOException {
        long inside = skipOne(unpacker, frame, FrameReader.HEADER);
        if (inside == 0) {
            return;
        }
        long[] left = new long[8];
        left[0] = inside;
        for (int depth = 0; depth >= 0; ) {
            if (left[depth] == 0) {
                depth--;
                continue;
            }
            left[depth]--;
            inside = skipOne(unpacker, frame, FrameReader.HEADER);
            if (inside > 0) {
                if (++depth == levels) {
                    throw new IOException("it is nested deeper than %d levels".formatted(levels));
                }
                if (depth == left.length) {
                    left = Arrays.copyOf(left, 2 * depth);
                }
                left[depth] = inside;
            }
        }
    }

    /** How many entries the next map has; no more than the frame can hold. */
    static int mapHeader(MessageUnpacker unpacker, byte[] frame) throws IOException {
        int entries = unpacker.unpackMapHeader();
        checkWithin(unpacker, frame, 2L * entries);
        return entries;
    }

    /** How many items the next list has; no more than the frame can hold. */
    static int arrayHeader(MessageUnpacker unpacker, byte[] frame) throws IOException {
        int items = unpacker.unpackArrayHeader();
        checkWithin(unpacker, frame, items);
        return items;
    }

    /** The library would allocate whatever length a header claims. */
    static void checkWithin(MessageUnpacker unpacker, byte[] frame, long length)
            throws IOException {
        checkWithin(unpacker, frame, FrameReader.HEADER, length);
    }

    private static void checkWithin(MessageUnpacker unpacker, byte[] frame, int from, long length)
            throws IOException {
        if (length > frame.length - position(unpacker, from)) {
            throw new IOException("a value ends behind the frame");
        }
    }
}
