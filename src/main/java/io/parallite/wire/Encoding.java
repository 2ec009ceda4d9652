package io.parallite.wire;

import io.parallite.task.FailureKind;
import io.parallite.task.Traceparent;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One of the two encodings a frame may be in, distinguished per frame by its first byte.
 *
 * <p>Implementations are stateless; any thread may use them.
 */
public sealed interface Encoding permits JsonEncoding, MessagePackEncoding {

    @SuppressWarnings("ClassInitializationDeadlock") // neither encoding has anything to initialize
    Encoding JSON = new JsonEncoding();

    @SuppressWarnings("ClassInitializationDeadlock")
    Encoding MESSAGE_PACK = new MessagePackEncoding();

    /**
     * The encoding of {@code frame} (length prefix included).
     *
     * @throws RequestException of kind {@link FailureKind#MALFORMED_FRAME} when it is in neither
     */
    static Encoding of(byte[] frame) {
        if (frame.length <= FrameReader.HEADER) {
            throw malformed("frame of 0 bytes; send a JSON or MessagePack map");
        }
        int first = frame[FrameReader.HEADER] & 0xff;
        return switch (first) {
            case '{', ' ', '\t', '\r', '\n' -> JSON;
            case 0xde, 0xdf -> MESSAGE_PACK;
            default -> {
                if (first >= 0x80 && first <= 0x8f) {
                    yield MESSAGE_PACK;
                }
                throw malformed(
                        "frame of %d bytes begins with 0x%02x; send a JSON or MessagePack map"
                                .formatted(frame.length - FrameReader.HEADER, first));
            }
        };
    }

    /**
     * Reads the envelope of a client's frame; the whole of it is checked to be well-formed.
     *
     * @throws RequestException of kind {@link FailureKind#MALFORMED_FRAME} or {@link
     *     FailureKind#INVALID_REQUEST}
     */
    Request decode(byte[] frame);

    /**
     * Reads the envelope of a worker's frame.
     *
     * @throws RequestException of kind {@link FailureKind#MALFORMED_FRAME} when it is no reply
     */
    ReplyEnvelope decodeReply(byte[] frame);

    /**
     * Reads those fields of a worker's frame that are wanted, as far as they are texts or whole
     * numbers; bytes that are no UTF-8 become marks of replacement. All others are skipped.
     */
    Map<String, Object> pick(byte[] frame, Set<String> wanted);

    /** Reads a whole frame into maps, lists, strings, numbers, booleans and nulls. */
    Map<String, Object> decodeAll(byte[] frame);

    /**
     * Writes a map of strings, numbers, booleans, nulls, lists and maps as a frame.
     *
     * @throws RequestException of kind {@link FailureKind#RESULT_NOT_ENCODABLE} when a value has no
     *     form in this encoding
     */
    byte[] encode(Map<String, ?> fields);

    /** The same for a reply of any length. */
    default byte[] encode(byte[] replyFrame) {
        return encode(replyFrame, Integer.MAX_VALUE - FrameReader.HEADER);
    }

    /**
     * A reply frame as it is when it is in this encoding already, else translated into it.
     *
     * @throws RequestException of kind {@link FailureKind#RESULT_NOT_ENCODABLE} when it has no form
     *     in this encoding, or one that is longer than {@code maxBody}
     */
    default byte[] encode(byte[] replyFrame, int maxBody) {
        Encoding from = of(replyFrame);
        return from == this ? replyFrame : from.translate(replyFrame, maxBody);
    }

    /**
     * A reply in this encoding, translated into the other one; see {@link #encode(byte[], int)}.
     */
    byte[] translate(byte[] replyFrame, int maxBody);

    /** {@code fields} of a {@link Reply} as a frame. */
    default byte[] encode(Reply reply) {
        return encode(reply.fields());
    }

    /**
     * The bytes of the payload in a request that has been decoded; of a text they are its UTF-8.
     *
     * @throws RequestException when the payload is neither text nor binary
     */
    byte[] payload(byte[] frame);

    /** A copy of the request {@code frame} that also asks for a benchmark. */
    byte[] withBenchmark(byte[] frame);

    /**
     * A copy of the request {@code frame} with one more field behind all others: where one of that
     * name is there already, the last counts.
     *
     * @param value letters, digits and dashes
     */
    byte[] withField(byte[] frame, String field, String value);

    /**
     * A copy of a submit {@code frame} that belongs to another span.
     *
     * @param known the span that the frame names; {@code null} when it names none
     */
    static byte[] withTraceparent(byte[] frame, @Nullable Traceparent known, String wanted) {
        if (known == null || !known.isIn(frame)) {
            return of(frame).withField(frame, "traceparent", wanted);
        }
        byte[] copy = frame.clone();
        byte[] text = wanted.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, copy, known.offset(), text.length);
        return copy;
    }

    /** A copy of the reply {@code frame} that says whose it is. */
    static byte[] withTaskId(byte[] frame, String taskId) {
        Encoding encoding = of(frame);
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("task_id", taskId);
        fields.putAll(encoding.decodeAll(frame));
        fields.put("task_id", taskId);
        return encoding.encode(fields);
    }

    /** {@code value} as a JSON text, for other uses than frames. */
    static String jsonText(Object value) {
        return JsonEncoding.text(value);
    }

    private static RequestException malformed(String message) {
        return new RequestException(FailureKind.MALFORMED_FRAME, message, null);
    }
}
