package io.parallite.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;

class BenchFramesTest {

    private static final byte[] PAYLOAD = "a \"quoted\"\nline with \u00e9".getBytes(UTF_8);

    @Test
    void writesJsonThatAParserReads() throws IOException {
        BenchFrames frames = BenchFrames.json(PAYLOAD, 2_500L);

        Map<String, String> fields = jsonFields(frame(frames, 3, 0xabc));

        assertThat(fields)
                .containsEntry("type", "submit")
                .containsEntry("timeout_ms", "2500")
                .containsEntry("payload", new String(PAYLOAD, UTF_8));
        assertThat(fields.get("task_id")).matches("bench-\\d+-[0-9a-f]{8}-0003-000000000abc");
    }

    @Test
    void writesMessagePackThatAParserReads() throws IOException {
        BenchFrames frames = BenchFrames.messagePack(PAYLOAD, 2_500L);

        Map<String, String> fields = messagePackFields(frame(frames, 0xffff, 1));

        assertThat(fields)
                .containsEntry("type", "submit")
                .containsEntry("timeout_ms", "2500")
                .containsEntry("payload", new String(PAYLOAD, UTF_8));
        assertThat(fields.get("task_id")).endsWith("-ffff-000000000001");
    }

    @Test
    void leavesTheTimeLimitToTheDaemonUnlessGiven() throws IOException {
        assertThat(jsonFields(frame(BenchFrames.json(PAYLOAD, null), 0, 0)))
                .containsOnlyKeys("type", "task_id", "payload");
        assertThat(messagePackFields(frame(BenchFrames.messagePack(PAYLOAD, null), 0, 0)))
                .containsOnlyKeys("type", "task_id", "payload");
    }

    @Test
    void refusesBinaryPayloadInJsonAndTakesItInMessagePack() {
        byte[] binary = {(byte) 0xff, 0, 1};

        assertThatIllegalArgumentException()
                .isThrownBy(() -> BenchFrames.json(binary, null))
                .withMessageContaining("--msgpack");
        assertThat(BenchFrames.messagePack(binary, null).tail()).isEqualTo(binary);
    }

    @Test
    void recognizesItsOwnIdsOnly() {
        BenchFrames frames = BenchFrames.json(PAYLOAD, null);
        byte[] head = frames.headFor(7);
        String id = id(frames, 7, 0x123456789abcL);

        assertThat(frames.tag(head, id)).isEqualTo(0x123456789abcL);
        assertThat(frames.tag(head, id(frames, 8, 1))).isEqualTo(-1);
        assertThat(frames.tag(head, id + "0")).isEqualTo(-1);
        assertThat(frames.tag(head, id.substring(0, id.length() - 1) + "z")).isEqualTo(-1);
        assertThat(frames.tag(head, id(BenchFrames.json(PAYLOAD, null), 7, 1))).isEqualTo(-1);
    }

    private static String id(BenchFrames frames, int connection, long tag) {
        String frame = new String(frame(frames, connection, tag), US_ASCII);
        return frame.replaceFirst("(?s).*?\"task_id\":\"([^\"]+)\".*", "$1");
    }

    private static byte[] frame(BenchFrames frames, int connection, long tag) {
        byte[] head = frames.headFor(connection);
        frames.stamp(head, tag);
        byte[] frame =
                ByteBuffer.allocate(frames.frameLength()).put(head).put(frames.tail()).array();
        assertThat(ByteBuffer.wrap(frame).getInt()).isEqualTo(frame.length - 4);
        return frame;
    }

    private static Map<String, String> jsonFields(byte[] frame) throws IOException {
        Map<String, String> fields = new HashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(frame, 4, frame.length - 4)) {
            assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            for (@Nullable String name = parser.nextFieldName();
                    name != null;
                    name = parser.nextFieldName()) {
                parser.nextToken();
                fields.put(name, parser.getText());
            }
            assertThat(parser.nextToken()).isNull();
        }
        return fields;
    }

    private static Map<String, String> messagePackFields(byte[] frame) throws IOException {
        Map<String, String> fields = new HashMap<>();
        try (MessageUnpacker unpacker =
                MessagePack.newDefaultUnpacker(frame, 4, frame.length - 4)) {
            for (int left = unpacker.unpackMapHeader(); left > 0; left--) {
                String name = unpacker.unpackString();
                fields.put(
                        name,
                        name.equals("timeout_ms")
                                ? String.valueOf(unpacker.unpackLong())
                                : unpacker.unpackString());
            }
            assertThat(unpacker.hasNext()).isFalse();
        }
        return fields;
    }
}
