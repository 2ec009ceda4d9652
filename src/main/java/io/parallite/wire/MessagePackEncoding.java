package io.parallite.wire;

import io.parallite.task.FailureKind;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.ValueType;

/** MessagePack by msgpack-java; strings and binaries are the same to us, as they are to PHP. */
final class MessagePackEncoding implements Encoding {

    private static final int MAX_READ_DEPTH = 512;

    @Override
    public Request decode(byte[] frame) {
        Envelope envelope = new Envelope();
        try (MessageUnpacker unpacker = open(frame)) {
            for (int left = mapHeader(unpacker, frame); left > 0; left--) {
                String field = fieldName(unpacker, frame);
                switch (field) {
                    case "payload", "command", "context", "cwd", "env" ->
                            addContent(envelope, field, frame, unpacker);
                    case "type" -> envelope.type = text(envelope, field, unpacker, frame);
                    case "task_id" -> envelope.taskId = text(envelope, field, unpacker, frame);
                    case "timeout_ms" -> envelope.timeoutMs = number(envelope, unpacker);
                    case "detach" -> envelope.detach = flag(envelope, field, unpacker);
                    case "stream", "grace_ms", "limit", "status" ->
                            envelope.options().put(field, scalar(unpacker, frame));
                    default -> skip(unpacker, frame);
                }
            }
            expectEnd(unpacker, frame);
            return envelope.toRequest(frame);
        } catch (IOException | MessagePackException e) {
            throw malformed(e, envelope.taskId);
        }
    }

    /** Notes the bytes of the next value, unless it is nil or an empty context. */
    private static void addContent(
            Envelope envelope, String field, byte[] frame, MessageUnpacker unpacker)
            throws IOException {
        ValueType type = unpacker.getNextFormat().getValueType();
        if (type == ValueType.NIL) {
            unpacker.unpackNil();
            return;
        }
        int from = position(unpacker);
        if (type.isRawType()) {
            int length =
                    type == ValueType.STRING
                            ? unpacker.unpackRawStringHeader()
                            : unpacker.unpackBinaryHeader();
            from = position(unpacker);
            checkWithin(unpacker, frame, length);
            unpacker.readPayloadAsReference(length);
        } else {
            skip(unpacker, frame);
        }
        Fingerprint content = new Fingerprint();
        content.add(frame, from, position(unpacker));
        boolean isEmpty = !type.isRawType() && isEmptyContainer(frame[from]);
        if (!(isEmpty && field.equals("context"))) {
            envelope.addContent(field, content);
        }
    }

    /** Whether a value that begins so is {@code []} or {@code {}}, as PHP's empty array travels. */
    private static boolean isEmptyContainer(byte first) {
        return first == (byte) 0x90 || first == (byte) 0x80;
    }

    @Override
    public ReplyEnvelope decodeReply(byte[] frame) {
        String taskId = null;
        Boolean ok = null;
        boolean workerEnds = false;
        String errorCode = null;
        String error = null;
        String event = null;
        try (MessageUnpacker unpacker = open(frame)) {
            for (int left = mapHeader(unpacker, frame); left > 0; left--) {
                String field = fieldName(unpacker, frame);
                ValueType type = unpacker.getNextFormat().getValueType();
                if (field.equals("task_id") && type.isRawType()) {
                    taskId = string(unpacker, frame);
                } else if (field.equals("ok") && type == ValueType.BOOLEAN) {
                    ok = unpacker.unpackBoolean();
                } else if (field.equals("worker_ends") && type == ValueType.BOOLEAN) {
                    workerEnds = unpacker.unpackBoolean();
                } else if (field.equals("event") && type.isRawType()) {
                    event = string(unpacker, frame);
                } else if (field.equals("error_code") && type.isRawType()) {
                    errorCode = string(unpacker, frame);
                } else if (field.equals("error") && type.isRawType()) {
                    error = string(unpacker, frame);
                } else {
                    skip(unpacker, frame);
                }
            }
            expectEnd(unpacker, frame);
        } catch (IOException | MessagePackException e) {
            throw malformed(e, taskId);
        }
        return ReplyEnvelope.of(taskId, ok, workerEnds, errorCode, error, event);
    }

    @Override
    @SuppressWarnings("unchecked")
    public Map<String, Object> decodeAll(byte[] frame) {
        try (MessageUnpacker unpacker = open(frame)) {
            if (read(unpacker, frame, 0) instanceof Map<?, ?> map) {
                return (Map<String, Object>) map;
            }
            throw new IOException("expected a map");
        } catch (IOException | MessagePackException e) {
            throw malformed(e, null);
        }
    }

    private static @Nullable Object read(MessageUnpacker unpacker, byte[] frame, int depth)
            throws IOException {
        if (depth > MAX_READ_DEPTH) {
            throw JsonEncoding.tooDeep();
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

    @Override
    public byte[] encode(Map<String, ?> fields) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.addPayload(new byte[FrameReader.HEADER]);
            write(packer, fields);
            return Frames.putLength(packer.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(MessageBufferPacker packer, @Nullable Object value)
            throws IOException {
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

    @Override
    public byte[] withBenchmark(byte[] frame) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
                MessageUnpacker unpacker = open(frame)) {
            int fields = unpacker.unpackMapHeader();
            int rest = position(unpacker);
            packer.addPayload(new byte[FrameReader.HEADER]);
            packer.packMapHeader(fields + 1);
            packer.packString("enable_benchmark").packBoolean(true);
            packer.addPayload(frame, rest, frame.length - rest);
            return Frames.putLength(packer.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MessageUnpacker open(byte[] frame) {
        return MessagePack.newDefaultUnpacker(
                frame, FrameReader.HEADER, frame.length - FrameReader.HEADER);
    }

    private static int position(MessageUnpacker unpacker) {
        return FrameReader.HEADER + (int) unpacker.getTotalReadBytes();
    }

    private static void expectEnd(MessageUnpacker unpacker, byte[] frame) throws IOException {
        if (position(unpacker) != frame.length) {
            throw new IOException("something follows the map");
        }
    }

    private static String fieldName(MessageUnpacker unpacker, byte[] frame) throws IOException {
        if (!unpacker.getNextFormat().getValueType().isRawType()) {
            skip(unpacker, frame);
            return "";
        }
        return string(unpacker, frame);
    }

    private static String string(MessageUnpacker unpacker, byte[] frame) throws IOException {
        return new String(bytes(unpacker, frame), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(MessageUnpacker unpacker, byte[] frame) throws IOException {
        boolean isText = unpacker.getNextFormat().getValueType() == ValueType.STRING;
        int length = isText ? unpacker.unpackRawStringHeader() : unpacker.unpackBinaryHeader();
        checkWithin(unpacker, frame, length);
        return unpacker.readPayloadAsReference(length).toByteArray();
    }

    /**
     * Skips a value of any depth. The library's own way counts in an {@code int}, which a few bytes
     * of nested headers can make overflow.
     */
    private static void skip(MessageUnpacker unpacker, byte[] frame) throws IOException {
        for (long left = 1; left > 0; left--) {
            switch (unpacker.getNextFormat().getValueType()) {
                case MAP -> left += 2L * mapHeader(unpacker, frame);
                case ARRAY -> left += arrayHeader(unpacker, frame);
                default -> unpacker.skipValue();
            }
        }
    }

    private static int mapHeader(MessageUnpacker unpacker, byte[] frame) throws IOException {
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
    private static void checkWithin(MessageUnpacker unpacker, byte[] frame, long length)
            throws IOException {
        if (length > frame.length - position(unpacker)) {
            throw new IOException("a value ends behind the frame");
        }
    }

    private static @Nullable String text(
            Envelope envelope, String field, MessageUnpacker unpacker, byte[] frame)
            throws IOException {
        return switch (unpacker.getNextFormat().getValueType()) {
            case STRING, BINARY -> string(unpacker, frame);
            case NIL -> {
                unpacker.unpackNil();
                yield null;
            }
            default -> throw envelope.wrongType(field, "a string");
        };
    }

    private static @Nullable Long number(Envelope envelope, MessageUnpacker unpacker)
            throws IOException {
        return switch (unpacker.getNextFormat().getValueType()) {
            case INTEGER -> unpacker.unpackLong();
            case FLOAT -> (long) unpacker.unpackDouble();
            case NIL -> {
                unpacker.unpackNil();
                yield null;
            }
            default -> throw envelope.wrongType("timeout_ms", "a number of milliseconds");
        };
    }

    private static boolean flag(Envelope envelope, String field, MessageUnpacker unpacker)
            throws IOException {
        return switch (unpacker.getNextFormat().getValueType()) {
            case BOOLEAN -> unpacker.unpackBoolean();
            case NIL -> {
                unpacker.unpackNil();
                yield false;
            }
            default -> throw envelope.wrongType(field, "true or false");
        };
    }

    private static @Nullable Object scalar(MessageUnpacker unpacker, byte[] frame)
            throws IOException {
        return switch (unpacker.getNextFormat().getValueType()) {
            case STRING, BINARY -> string(unpacker, frame);
            case INTEGER -> (double) unpacker.unpackLong();
            case FLOAT -> unpacker.unpackDouble();
            case BOOLEAN -> unpacker.unpackBoolean();
            case NIL -> {
                unpacker.unpackNil();
                yield null;
            }
            case ARRAY, MAP, EXTENSION -> {
                skip(unpacker, frame);
                yield RequestOptions.COMPOUND;
            }
        };
    }

    private static RequestException malformed(Exception cause, @Nullable String taskId) {
        String what = cause.getMessage() == null ? "it ends too early" : cause.getMessage();
        return new RequestException(
                FailureKind.MALFORMED_FRAME, "frame is not a MessagePack map: " + what, taskId);
    }
}
