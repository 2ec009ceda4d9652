package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people are shown of a reply. */
class ReplyDetailTest {

    private static final Map<String, Object> REPLY =
            Map.of(
                    "task_id", "a",
                    "ok", false,
                    "error", "no",
                    "error_code", "EXCEPTION",
                    "class", "App\\Broken",
                    "file", "/srv/Job.php",
                    "line", 12,
                    "code", 7,
                    "trace", "#0 a\n#1 {main}",
                    "output", "printed");

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isTheSameInBothEncodings(boolean json) {
        byte[] frame = (json ? Encoding.JSON : Encoding.MESSAGE_PACK).encode(REPLY);

        assertThat(ReplyDetail.of(frame))
                .containsExactly(
                        Map.entry("class", "App\\Broken"),
                        Map.entry("code", 7),
                        Map.entry("file", "/srv/Job.php"),
                        Map.entry("line", 12),
                        Map.entry("trace", "#0 a\n#1 {main}"),
                        Map.entry("output", "printed"));
        assertThat(ReplyDetail.of(ReplyDetail.cut(frame))).isEqualTo(ReplyDetail.of(frame));
    }

    @Test
    void showsBytesAsText() {
        byte[] printed = {'o', 'k', ' ', (byte) 0xff};
        String base64 = Base64.getEncoder().encodeToString(printed);
        byte[] json = Encoding.JSON.encode(Map.of("output", base64, "output_encoding", "base64"));
        byte[] binary = Encoding.MESSAGE_PACK.encode(Map.of("output", printed));

        assertThat(ReplyDetail.of(json)).containsEntry("output", "ok \ufffd");
        assertThat(ReplyDetail.of(binary)).containsEntry("output", "ok \ufffd");
    }

    @Test
    void passesOverWhatIsNoTextAndWhatIsTooLarge() {
        byte[] json =
                frame(
                        "{\"class\":[1,{\"trace\":\"no\"}],\"line\":99999999999999999999,"
                                + "\"trace\":{},\"output\":7.5,\"file\":\"x\",\"result\":[[[]]]}");

        assertThat(ReplyDetail.of(json)).isEqualTo(Map.of("file", "x", "line", 0));
    }

    @Test
    void cutsTracesAtTheEndAndOutputAtTheBeginning() {
        byte[] frame =
                Encoding.JSON.encode(
                        Map.of(
                                "trace",
                                "#0 here" + " ".repeat(ReplyDetail.MAX_TRACE),
                                "output",
                                "😀".repeat(ReplyDetail.MAX_OUTPUT) + "end"));

        Map<String, Object> fields = ReplyDetail.of(frame);

        assertThat(fields.get("trace")).asString().startsWith("#0 here").endsWith("…");
        assertThat(fields.get("trace")).asString().hasSize(ReplyDetail.MAX_TRACE);
        assertThat(fields.get("output")).asString().startsWith("…😀").endsWith("😀end");
        assertThat(((String) fields.get("output")).length())
                .isLessThanOrEqualTo(ReplyDetail.MAX_OUTPUT);
    }

    @Test
    void hasNothingToSayOfWhatIsNoMap() {
        assertThat(ReplyDetail.of(frame("[1]"))).isEmpty();
        assertThat(ReplyDetail.of(frame("{\"class\":"))).isEmpty();
    }

    private static byte[] frame(String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        byte[] frame = new byte[FrameReader.HEADER + body.length];
        System.arraycopy(body, 0, frame, FrameReader.HEADER, body.length);
        return Frames.putLength(frame);
    }
}
