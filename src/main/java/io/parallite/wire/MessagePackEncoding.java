package io.parallite.wire;

import static io.parallite.wire.MessagePackValues.checkWithin;
import static io.parallite.wire.MessagePackValues.mapHeader;
import static io.parallite.wire.MessagePackValues.position;
import static io.parallite.wire.MessagePackValues.skip;
import static io.parallite.wire.MessagePackValues.skipWithin;
import static io.parallite.wire.MessagePackValues.string;

import io.parallite.task.FailureKind;
import io.parallite.task.Traceparent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.ValueType;

/** MessagePack by msgpack-java; strings and binaries are the same to us, as they are to PHP. */
final class MessagePackEncoding implements Encoding {

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
                    case "task_id" -> envelope.taskId = id(envelope, field, unpacker, frame);
                    case "timeout_ms" -> envelope.timeoutMs = number(envelope, unpacker);
                    case "detach" -> envelope.detach = flag(envelope, field, unpacker);
                    case "on_disconnect" -> envelope.onDisconnect = scalar(unpacker, frame);
                    case "traceparent" -> {
                        Object value = scalar(unpacker, frame);
                        envelope.trace(value, position(unpacker) - Traceparent.LENGTH);
                    }
                    case "shared" -> envelope.options().put(field, texts(unpacker, frame));
                    default -> {
                        if (RequestOptions.NAMES.contains(field)) {
                            envelope.options().put(field, scalar(unpacker, frame));
                        } else {
                            skipWithin(JsonEncoding.MAX_DEPTH, unpacker, frame);
                        }
                    }
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
            skipWithin(JsonEncoding.MAX_DEPTH, unpacker, frame);
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
        FailureFields failure = null;
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
                } else if (type.isRawType() && FailureFields.isText(field)) {
                    failure = failure == null ? new FailureFields() : failure;
                    failure.put(field, string(unpacker, frame));
                } else if (type.isIntegerType() && FailureFields.isNumber(field)) {
                    failure = failure == null ? new FailureFields() : failure;
                    failure.line(whole(unpacker));
                } else {
                    skip(unpacker, frame);
                }
            }
            expectEnd(unpacker, frame);
        } catch (IOException | MessagePackException e) {
            throw malformed(e, taskId);
        }
        return ReplyEnvelope.of(taskId, ok, workerEnds, failure, event);
    }

    /** 0 for what is too large for an {@code int}. */
    private static int whole(MessageUnpacker unpacker) throws IOException {
        BigInteger number = unpacker.unpackBigInteger();
        return number.bitLength() < Integer.SIZE ? number.intValue() : 0;
    }

    @Override
    public Map<String, Object> pick(byte[] frame, Set<String> wanted) {
        Map<String, Object> picked = new HashMap<>();
        try (MessageUnpacker unpacker = open(frame)) {
            for (int left = mapHeader(unpacker, frame); left > 0; left--) {
                String field = fieldName(unpacker, frame);
                ValueType type = unpacker.getNextFormat().getValueType();
                if (type.isRawType() && wanted.contains(field)) {
                    picked.put(field, string(unpacker, frame));
                } else if (type.isIntegerType() && wanted.contains(field)) {
                    picked.put(field, whole(unpacker));
                } else {
                    skip(unpacker, frame);
                }
            }
        } catch (IOException | MessagePackException e) {
            throw malformed(e, null);
        }
        return picked;
    }

    @Override
    @SuppressWarnings("unchecked")
    public Map<String, Object> decodeAll(byte[] frame) {
        try (MessageUnpacker unpacker = open(frame)) {
            if (MessagePackValues.read(unpacker, frame, 0) instanceof Map<?, ?> map) {
                return (Map<String, Object>) map;
            }
            throw new IOException("expected a map");
        } catch (IOException | MessagePackException e) {
            throw malformed(e, null);
        }
    }

    @Override
    public byte[] encode(Map<String, ?> fields) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker()) {
            packer.addPayload(new byte[FrameReader.HEADER]);
            MessagePackValues.write(packer, fields);
            return Frames.putLength(packer.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public byte[] payload(byte[] frame) {
        try (MessageUnpacker unpacker = open(frame)) {
            byte[] payload = null;
            for (int left = mapHeader(unpacker, frame); left > 0; left--) {
                boolean isPayload = fieldName(unpacker, frame).equals("payload");
                if (isPayload && unpacker.getNextFormat().getValueType().isRawType()) {
                    payload = MessagePackValues.bytes(unpacker, frame);
                } else {
                    skipWithin(JsonEncoding.MAX_DEPTH, unpacker, frame);
                }
            }
            if (payload != null) {
                return payload;
            }
        } catch (IOException | MessagePackException e) {
            throw malformed(e, null);
        }
        throw JsonEncoding.noText();
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

    @Override
    public byte[] withField(byte[] frame, String field, String value) {
        try (MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
                MessageUnpacker unpacker = open(frame)) {
            int fields = unpacker.unpackMapHeader();
            int rest = position(unpacker);
            packer.addPayload(new byte[FrameReader.HEADER]);
            packer.packMapHeader(fields + 1);
            packer.addPayload(frame, rest, frame.length - rest);
            packer.packString(field).packString(value);
            return Frames.putLength(packer.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public byte[] translate(byte[] replyFrame, int maxBody) {
        return MessagePackToJson.translate(replyFrame, maxBody);
    }

    private static MessageUnpacker open(byte[] frame) {
        return open(frame, FrameReader.HEADER);
    }

    /** What reads the values from {@code from} on. */
    static MessageUnpacker open(byte[] frame, int from) {
        return MessagePack.newDefaultUnpacker(frame, from, frame.length - from);
    }

    private static void expectEnd(MessageUnpacker unpacker, byte[] frame) throws IOException {
        if (position(unpacker) != frame.length) {
            throw new IOException("something follows the map");
        }
    }

    private static String fieldName(MessageUnpacker unpacker, byte[] frame) throws IOException {
        if (!unpacker.getNextFormat().getValueType().isRawType()) {
            skipWithin(JsonEncoding.MAX_DEPTH, unpacker, frame);
            return "";
        }
        return string(unpacker, frame);
    }

    /**
     * An id is compared with others: as text of what is no UTF-8, two of them would be the same.
     */
    private static @Nullable String id(
            Envelope envelope, String field, MessageUnpacker unpacker, byte[] frame)
            throws IOException {
        if (!unpacker.getNextFormat().getValueType().isRawType()) {
            return text(envelope, field, unpacker, frame);
        }
        String id = MessagePackToJson.utf8(MessagePackValues.bytes(unpacker, frame));
        if (id == null) {
            throw envelope.wrongType(field, "a string in UTF-8");
        }
        return id;
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
                skipWithin(JsonEncoding.MAX_DEPTH, unpacker, frame);
                yield RequestOptions.COMPOUND;
            }
        };
    }

    /** A list of strings; COMPOUND when it is something else. */
    private static @Nullable Object texts(MessageUnpacker unpacker, byte[] frame)
            throws IOException {
        if (unpacker.getNextFormat().getValueType() != ValueType.ARRAY) {
            return scalar(unpacker, frame);
        }
        List<String> texts = new ArrayList<>();
        boolean areTexts = true;
        for (int left = MessagePackValues.arrayHeader(unpacker, frame); left > 0; left--) {
            areTexts &= unpacker.getNextFormat().getValueType().isRawType();
            if (areTexts && texts.size() < RequestOptions.MOST_TEXTS) {
                texts.add(string(unpacker, frame));
            } else {
                skipWithin(JsonEncoding.MAX_DEPTH, unpacker, frame);
            }
        }
        return areTexts ? texts : RequestOptions.COMPOUND;
    }

    static RequestException malformed(Exception cause, @Nullable String taskId) {
        String what = cause.getMessage() == null ? "it ends too early" : cause.getMessage();
        return new RequestException(
                FailureKind.MALFORMED_FRAME, "frame is not a MessagePack map: " + what, taskId);
    }
}
