package io.parallite.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The template of a run's {@code submit} frames: all alike but for the digits of their task id.
 *
 * <p>A frame is a head (length prefix and the fields up to the payload) and a tail (the payload and
 * what closes the map). Connections share the tail, which may be megabytes, and each keeps a copy
 * of the head to stamp.
 *
 * <p>An id is {@code bench-PID-RANDOM-CCCC-TTTTTTTTTTTT}: connection and tag in hexadecimal of
 * fixed width, so that a frame's length never changes and a reply's id is found by offsets.
 */
final class BenchFrames {

    private static final int CONNECTION_DIGITS = 4;
    private static final int TAG_DIGITS = 12;
    private static final byte[] HEX = "0123456789abcdef".getBytes(US_ASCII);

    private final byte[] head;
    private final byte[] tail;
    private final byte[] idPrefix;
    private final int idOffset;

    private BenchFrames(byte[] envelope, byte[] tail, byte[] idPrefix, int idOffset) {
        this.head =
                ByteBuffer.allocate(4 + envelope.length)
                        .putInt(envelope.length + tail.length)
                        .put(envelope)
                        .array();
        this.tail = tail;
        this.idPrefix = idPrefix;
        this.idOffset = 4 + idOffset;
    }

    /**
     * Frames in JSON.
     *
     * @param payload the payload, which must be UTF-8 text
     * @param timeoutMs the task's own {@code timeout_ms}, or null for the daemon's
     * @throws IllegalArgumentException if the payload is not UTF-8
     */
    static BenchFrames json(byte[] payload, @Nullable Long timeoutMs) {
        byte[] idPrefix = newIdPrefix();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("{\"type\":\"submit\",\"task_id\":\"".getBytes(UTF_8));
        int idOffset = out.size();
        out.writeBytes(idWithoutDigits(idPrefix));
        out.write('"');
        if (timeoutMs != null) {
            out.writeBytes((",\"timeout_ms\":" + timeoutMs).getBytes(UTF_8));
        }
        out.writeBytes(",\"payload\":\"".getBytes(UTF_8));
        byte[] text = JsonStringEncoder.getInstance().quoteAsUTF8(decode(payload));
        ByteBuffer tail = ByteBuffer.allocate(text.length + 2).put(text).put((byte) '"');
        return new BenchFrames(out.toByteArray(), tail.put((byte) '}').array(), idPrefix, idOffset);
    }

    /** Frames in MessagePack; the payload travels as a string of exactly these bytes. */
    static BenchFrames messagePack(byte[] payload, @Nullable Long timeoutMs) {
        byte[] idPrefix = newIdPrefix();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(timeoutMs == null ? 0x83 : 0x84);
        shortString(out, "type");
        shortString(out, "submit");
        shortString(out, "task_id");
        byte[] id = idWithoutDigits(idPrefix);
        out.write(0xd9);
        out.write(id.length);
        int idOffset = out.size();
        out.writeBytes(id);
        if (timeoutMs != null) {
            shortString(out, "timeout_ms");
            out.write(0xcf);
            out.writeBytes(ByteBuffer.allocate(8).putLong(timeoutMs).array());
        }
        shortString(out, "payload");
        out.write(0xdb);
        out.writeBytes(ByteBuffer.allocate(4).putInt(payload.length).array());
        return new BenchFrames(out.toByteArray(), payload, idPrefix, idOffset);
    }

    /** A head of one's own, with the connection's digits in place. */
    byte[] headFor(int connection) {
        byte[] copy = head.clone();
        putHex(copy, idOffset + idPrefix.length, CONNECTION_DIGITS, connection);
        return copy;
    }

    /** Stamps the tag of the next frame into a head. */
    void stamp(byte[] connectionHead, long tag) {
        putHex(connectionHead, tagOffset(), TAG_DIGITS, tag);
    }

    /** Everything behind the head; not to be changed. */
    byte[] tail() {
        return tail;
    }

    /** The bytes of one frame on the wire. */
    int frameLength() {
        return head.length + tail.length;
    }

    /**
     * The tag in the task id of a reply, or -1 if the id is not one that this connection sent.
     *
     * @param connectionHead the connection's head, for its digits
     */
    long tag(byte[] connectionHead, String taskId) {
        byte[] id = taskId.getBytes(UTF_8);
        int fixed = tagOffset() - idOffset;
        boolean ours =
                id.length == fixed + TAG_DIGITS
                        && Arrays.equals(connectionHead, idOffset, idOffset + fixed, id, 0, fixed);
        return ours ? parseHex(id, fixed, id.length) : -1;
    }

    private int tagOffset() {
        return idOffset + idPrefix.length + CONNECTION_DIGITS + 1;
    }

    private static byte[] newIdPrefix() {
        String random = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        return ("bench-" + ProcessHandle.current().pid() + "-" + random + "-").getBytes(US_ASCII);
    }

    private static byte[] idWithoutDigits(byte[] prefix) {
        String blank = "0".repeat(CONNECTION_DIGITS) + "-" + "0".repeat(TAG_DIGITS);
        return (new String(prefix, US_ASCII) + blank).getBytes(US_ASCII);
    }

    private static String decode(byte[] payload) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "the payload is not UTF-8 text, so JSON cannot carry it; use --msgpack", e);
        }
    }

    private static void shortString(ByteArrayOutputStream out, String text) {
        out.write(0xa0 | text.length());
        out.writeBytes(text.getBytes(US_ASCII));
    }

    private static void putHex(byte[] into, int offset, int digits, long value) {
        long rest = value;
        for (int i = offset + digits - 1; i >= offset; i--) {
            into[i] = HEX[(int) rest & 0xf];
            rest >>>= 4;
        }
    }

    private static long parseHex(byte[] from, int start, int end) {
        long value = 0;
        for (int i = start; i < end; i++) {
            int digit = from[i] <= '9' ? from[i] - '0' : from[i] - 'a' + 10;
            if (digit < 0 || digit > 15) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }
}
