package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.task.Traceparent;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the daemon writes itself, and results told in the other encoding. */
class EncodeTest {

    private static final TaskId ID = new TaskId("a");

    static List<Encoding> encodings() {
        return List.of(Encoding.JSON, Encoding.MESSAGE_PACK);
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void writesRepliesWithTaskIdAndVerdictFirst(Encoding encoding) {
        Reply reply = Reply.failure("a", FailureKind.TIMEOUT, "too long");

        Map<String, Object> read = encoding.decodeAll(encoding.encode(reply));

        assertThat(read.keySet()).containsExactly("task_id", "ok", "error", "error_code");
        assertThat(read)
                .containsEntry("task_id", "a")
                .containsEntry("ok", false)
                .containsEntry("error", "too long")
                .containsEntry("error_code", "TIMEOUT");
    }

    @Test
    void leavesOutTheIdOfNobody() {
        assertThat(text(Reply.failure(null, FailureKind.MALFORMED_FRAME, "no")))
                .isEqualTo("{\"ok\":false,\"error\":\"no\",\"error_code\":\"MALFORMED_FRAME\"}");
        assertThat(text(Reply.figures(null, Map.of("pid", 5))))
                .isEqualTo("{\"ok\":true,\"pid\":5}");
    }

    @Test
    void acknowledgesDetachedTask() {
        assertThat(text(Reply.accepted(ID)))
                .isEqualTo("{\"task_id\":\"a\",\"ok\":true,\"accepted\":true}");
    }

    @Test
    void tellsOnlyTimesThatThereAre() {
        TaskStatus queued = new TaskStatus(ID, TaskState.PENDING, 1_732_330_000_123L, 0, 0, null);
        TaskStatus done = new TaskStatus(ID, TaskState.FAILED, 1000, 2000, 3000, null);

        assertThat(Reply.status(queued).fields())
                .containsEntry("status", "pending")
                .containsEntry("submitted_at", "2024-11-23T02:46:40.123Z")
                .doesNotContainKeys("started_at", "completed_at");
        assertThat(Reply.status(done).fields())
                .containsEntry("status", "failed")
                .containsEntry("started_at", "1970-01-01T00:00:02Z")
                .containsEntry("completed_at", "1970-01-01T00:00:03Z");
        assertThat(Reply.cancelled(done, true).fields())
                .containsEntry("cancelled", true)
                .containsEntry("status", "failed");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void saysThatJsonHasNoFormForANumber(double number) {
        byte[] reply =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(3).packString("task_id").packString("a");
                            packer.packString("ok").packBoolean(true);
                            packer.packString("result").packDouble(number);
                        });

        assertThatExceptionOfType(RequestException.class)
                .isThrownBy(() -> Encoding.JSON.encode(reply))
                .withMessageContaining("use MessagePack")
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.RESULT_NOT_ENCODABLE));
    }

    @Test
    void saysThatJsonHasNoFormForAnExtension() {
        byte[] reply =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(1).packString("result");
                            packer.packExtensionTypeHeader((byte) 5, 1).addPayload(new byte[1]);
                        });

        assertThatExceptionOfType(RequestException.class)
                .isThrownBy(() -> Encoding.JSON.encode(reply))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.RESULT_NOT_ENCODABLE));
    }

    @Test
    void tellsBinaryInJsonAsBase64AndTextAsText() {
        byte[] binary = {(byte) 0xff, 0, (byte) 0xfe};
        byte[] reply =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(2).packString("binary").packBinaryHeader(3);
                            packer.addPayload(binary);
                            packer.packString("text").packBinaryHeader(2);
                            packer.addPayload("é".getBytes(StandardCharsets.UTF_8));
                        });

        assertThat(Encoding.JSON.decodeAll(Encoding.JSON.encode(reply)))
                .containsEntry("binary", Base64.getEncoder().encodeToString(binary))
                .containsEntry("text", "é");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-1",
                "127",
                "128",
                "-32",
                "-33",
                "65536",
                "4294967296",
                "2147483648",
                "9007199254740993",
                "9223372036854775807",
                "-9223372036854775808"
            })
    void keepsWholeNumbersWhole(String number) {
        byte[] json = TestFrames.json("{'n':%s}".formatted(number));

        byte[] there = Encoding.MESSAGE_PACK.encode(json);

        assertThat(TestFrames.text(Encoding.JSON.encode(there)))
                .isEqualTo("{\"n\":%s}".formatted(number));
    }

    @Test
    void tellsNumbersBeyondSixtyFourBitsAsClosely() {
        byte[] there = Encoding.MESSAGE_PACK.encode(TestFrames.json("{'n':18446744073709551616}"));

        assertThat(Encoding.MESSAGE_PACK.decodeAll(there)).containsEntry("n", 0x1p64);
    }

    @Test
    void tellsUnsignedSixtyFourBitsInJson() {
        byte[] there =
                TestFrames.msgpack(
                        packer ->
                                packer.packMapHeader(1)
                                        .packString("n")
                                        .packBigInteger(
                                                BigInteger.TWO.pow(64).subtract(BigInteger.ONE)));

        assertThat(TestFrames.text(Encoding.JSON.encode(there)))
                .isEqualTo("{\"n\":18446744073709551615}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.0", "-2.5", "1.0E-7", "0.1"})
    void keepsFractionsApartFromWholeNumbers(String number) {
        byte[] json = TestFrames.json("{'n':%s}".formatted(number));

        assertThat(TestFrames.text(Encoding.JSON.encode(Encoding.MESSAGE_PACK.encode(json))))
                .isEqualTo("{\"n\":%s}".formatted(number));
    }

    @Test
    void keepsEveryCharacter() {
        String text = "\u0000\u001f\"\\/é\u2028😀\uffff" + "ü".repeat(70_000);
        byte[] msgpack = Encoding.MESSAGE_PACK.encode(Map.of("t", text));

        byte[] json = Encoding.JSON.encode(msgpack);

        assertThat(Encoding.JSON.decodeAll(json)).containsEntry("t", text);
        assertThat(Encoding.MESSAGE_PACK.encode(json)).isEqualTo(msgpack);
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void asksForABenchmarkWithoutTouchingTheRest(Encoding encoding) {
        Map<String, Object> fields = Map.of("task_id", "a", "payload", "x");
        byte[] frame = encoding.encode(fields);

        byte[] asking = encoding.withBenchmark(frame);

        assertThat(encoding.decodeAll(asking)).containsAllEntriesOf(fields).hasSize(3);
        assertThat(encoding.decodeAll(asking)).containsEntry("enable_benchmark", true);
        assertThat(FrameReader.length(asking)).isEqualTo(asking.length - 4L);
        assertThat(encoding.decode(asking)).isInstanceOf(Request.Submit.class);
        assertThat(encoding.decodeAll(frame)).isEqualTo(fields);
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void clientHasTheLastWordOnItsBenchmark(Encoding encoding) {
        byte[] frame =
                encoding.encode(Map.of("task_id", "a", "payload", "x", "enable_benchmark", false));

        assertThat(encoding.decodeAll(encoding.withBenchmark(frame)))
                .containsEntry("enable_benchmark", false);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 40})
    void asksForABenchmarkInMapsOfAnySize(int fields) {
        byte[] frame =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(fields + 2);
                            packer.packString("task_id").packString("a");
                            packer.packString("payload").packString("x");
                            for (int i = 0; i < fields; i++) {
                                packer.packString("f" + i).packInt(i);
                            }
                        });

        byte[] asking = Encoding.MESSAGE_PACK.withBenchmark(frame);

        assertThat(Encoding.MESSAGE_PACK.decodeAll(asking)).hasSize(fields + 3);
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void putsATaskIntoAnotherSpan(Encoding encoding) {
        String mine = "00-" + "a".repeat(32) + "-" + "b".repeat(16) + "-00";
        String theirs = "00-" + "c".repeat(32) + "-" + "d".repeat(16) + "-01";
        byte[] plain = encoding.encode(Map.of("task_id", "a", "payload", mine));
        byte[] traced =
                encoding.encode(Map.of("task_id", "a", "payload", mine, "traceparent", mine));
        byte[] wrong = encoding.encode(Map.of("task_id", "a", "payload", mine, "traceparent", "x"));

        for (byte[] frame : List.of(plain, traced, wrong, encoding.withBenchmark(traced))) {
            byte[] before = frame.clone();
            Task task = ((Request.Submit) encoding.decode(frame)).task();

            byte[] other = Encoding.withTraceparent(frame, task.terms().traceparent(), theirs);

            assertThat(frame).isEqualTo(before);
            assertThat(FrameReader.length(other)).isEqualTo(other.length - 4L);
            assertThat(encoding.decodeAll(other))
                    .containsEntry("payload", mine)
                    .containsEntry("traceparent", theirs);
            assertThat(((Request.Submit) encoding.decode(other)).task().fingerprint())
                    .isEqualTo(task.fingerprint());
        }
        assertThat(Encoding.withTraceparent(traced, spanOf(encoding, traced), theirs))
                .hasSameSizeAs(traced);
        byte[] shifted = encoding.withBenchmark(traced);
        assertThat(
                        encoding.decodeAll(
                                Encoding.withTraceparent(
                                        shifted, spanOf(encoding, traced), theirs)))
                .containsEntry("payload", mine)
                .containsEntry("traceparent", theirs);
    }

    private static @Nullable Traceparent spanOf(Encoding encoding, byte[] frame) {
        return ((Request.Submit) encoding.decode(frame)).task().terms().traceparent();
    }

    @ParameterizedTest
    @ValueSource(ints = {13, 14, 15, 65533, 65534})
    void addsAFieldToMapsOfAnySize(int fields) {
        byte[] frame =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(fields);
                            for (int i = 0; i < fields; i++) {
                                packer.packString("f" + i).packInt(i);
                            }
                        });

        assertThat(
                        Encoding.MESSAGE_PACK.decodeAll(
                                Encoding.MESSAGE_PACK.withField(frame, "f", "v")))
                .hasSize(fields + 1)
                .containsEntry("f", "v");
    }

    @Test
    void addsAFieldBeforeWhiteSpace() {
        byte[] frame = TestFrames.json("{'task_id':'a','payload':'}'} \n");

        assertThat(TestFrames.text(Encoding.JSON.withField(frame, "f", "v")))
                .isEqualTo("{\"task_id\":\"a\",\"payload\":\"}\",\"f\":\"v\"} \n");
    }

    @Test
    void asksForABenchmarkBehindWhiteSpace() {
        byte[] frame = TestFrames.json(" \n{'task_id':'a','payload':'{'}");

        byte[] asking = Encoding.JSON.withBenchmark(frame);

        assertThat(TestFrames.text(asking))
                .isEqualTo(" \n{\"enable_benchmark\":true,\"task_id\":\"a\",\"payload\":\"{\"}");
        Task before = ((Request.Submit) Encoding.JSON.decode(frame)).task();
        Task after = ((Request.Submit) Encoding.JSON.decode(asking)).task();
        assertThat(after.fingerprint()).isEqualTo(before.fingerprint());
    }

    @Test
    void writesListsMapsAndNulls() {
        Map<String, Object> fields = Map.of("list", Arrays.asList(1, null, List.of(Map.of())));

        assertThat(TestFrames.text(Encoding.JSON.encode(fields)))
                .isEqualTo("{\"list\":[1,null,[{}]]}");
        assertThat(TestFrames.body(Encoding.MESSAGE_PACK.encode(fields)))
                .isEqualTo(
                        TestFrames.body(
                                TestFrames.msgpack(
                                        packer -> {
                                            packer.packMapHeader(1).packString("list");
                                            packer.packArrayHeader(3).packInt(1).packNil();
                                            packer.packArrayHeader(1).packMapHeader(0);
                                        })));
    }

    private static String text(Reply reply) {
        return TestFrames.text(Encoding.JSON.encode(reply));
    }

    @Test
    void bytesAreMarkedInJsonAndBytesInMessagePack() {
        byte[] frame =
                TestFrames.json(
                        "{'task_id':'a','ok':true,'result':{'stdout':'/w==','stdout_encoding':'base64',"
                                + "'stderr':'no /w==','exit_code':0},'output':'/v8=','output_encoding':'base64'}");

        byte[] packed = Encoding.MESSAGE_PACK.encode(frame);
        Map<String, Object> told = Encoding.MESSAGE_PACK.decodeAll(packed);

        assertThat(told.get("output")).isEqualTo(new byte[] {(byte) 0xfe, (byte) 0xff});
        assertThat(told).doesNotContainKey("output_encoding");
        assertThat((Map<?, ?>) told.get("result"))
                .hasToString("{stdout=%s, stderr=no /w==, exit_code=0}".formatted(stdout(told)));
        assertThat(stdout(told)).isEqualTo(new byte[] {(byte) 0xff});
        assertThat(Encoding.JSON.decodeAll(Encoding.JSON.encode(packed)))
                .isEqualTo(Encoding.JSON.decodeAll(frame));
    }

    private static Object stdout(Map<String, Object> reply) {
        return ((Map<?, ?>) reply.get("result")).get("stdout");
    }

    @Test
    void bytesInsideOfAnyOtherResultAreNotMarked() {
        byte[] packed =
                Encoding.MESSAGE_PACK.encode(
                        Map.of("ok", true, "result", Map.of("stdout", new byte[] {(byte) 0xff})));

        assertThat(TestFrames.text(Encoding.JSON.encode(packed)))
                .contains("{\"stdout\":\"/w==\"}")
                .doesNotContain("encoding");
    }

    @Test
    void serializedValuesAreBase64InJsonAndBytesInMessagePack() {
        for (byte[] blob : new byte[][] {{'i', ':', '1', ';'}, {'s', (byte) 0xff, 0}}) {
            String base64 = Base64.getEncoder().encodeToString(blob);
            byte[] json =
                    TestFrames.json(
                            "{'task_id':'a','ok':true,'result':'%s','result_encoding':'php'}"
                                    .formatted(base64));

            byte[] msgpack = Encoding.MESSAGE_PACK.encode(json);

            assertThat(indexOf(msgpack, blob)).isPositive();
            assertThat(Encoding.JSON.encode(msgpack)).isEqualTo(json);
        }
    }

    @Test
    void whatIsOnlyCalledSerializedPassesAsItIs() {
        byte[] json =
                TestFrames.json(
                        "{'task_id':'a','ok':true,'result':'not base64!','result_encoding':'php',"
                                + "'value_encoding':'php','exception':'x','exception_encoding':1}");

        assertThat(Encoding.MESSAGE_PACK.decodeAll(Encoding.MESSAGE_PACK.encode(json)))
                .containsEntry("result", "not base64!")
                .containsEntry("exception", "x")
                .doesNotContainKey("value");
    }

    private static int indexOf(byte[] bytes, byte[] part) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return text.indexOf(new String(part, StandardCharsets.ISO_8859_1));
    }
}
