package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.task.Delivery;
import io.parallite.task.FailureKind;
import io.parallite.task.Isolation;
import io.parallite.task.Priority;
import io.parallite.task.Retries;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.Terms;
import io.parallite.task.Traceparent;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the golden frames don't say of the two decoders. */
class DecodeTest {

    private static final String SPAN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    @Test
    void refusalKnowsTheTaskWhereTheFrameGotThatFar() {
        refused("{'task_id':'known','timeout_ms':'soon','payload':'x'}")
                .satisfies(e -> assertThat(taskId(e)).isEqualTo("known"));
        refused("{'task_id':'known','payload':'x'")
                .satisfies(e -> assertThat(taskId(e)).isEqualTo("known"));
        refused("{'type':'nonsense','task_id':'known'}")
                .satisfies(e -> assertThat(taskId(e)).isEqualTo("known"));
        refused("{'type':'nonsense'}").satisfies(e -> assertThat(taskId(e)).isNull());
    }

    @Test
    void refusalSaysWhatIsWrong() {
        refused("{'task_id':7,'payload':'x'}").withMessage("task_id must be a string");
        refused("{'task_id':'a','payload':'x','timeout_ms':-5}")
                .withMessage("timeout_ms=-5 is not within 1..2147483647");
        refused("{'type':'sumbit'}").withMessageContaining("\"sumbit\" is unknown; use submit");
        refused("{'task_id':'a'}").withMessageContaining("neither payload nor command");
        refused("{'payload':'x'}").withMessageContaining("task_id is missing");
        refused("{'task_id':'%s','payload':'x'}".formatted("x".repeat(256)))
                .withMessageContaining("256 characters exceeds 255");
    }

    @Test
    void readsControlInBothEncodings() {
        Request scale = new Request.Control(null, Request.Action.SCALE, "reports", 8);
        byte[] json =
                TestFrames.json(
                        "{'type':'control','action':'scale','pool':'reports','fixed_workers':8}");
        byte[] msgpack =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(4);
                            packer.packString("type").packString("control");
                            packer.packString("pool").packString("reports");
                            packer.packString("action").packString("scale");
                            packer.packString("fixed_workers").packInt(8);
                        });

        assertThat(Encoding.of(json).decode(json)).isEqualTo(scale);
        assertThat(Encoding.of(msgpack).decode(msgpack)).isEqualTo(scale);
        refused("{'type':'control','action':'scale'}").withMessageContaining("fixed_workers is");
        refused("{'type':'control','action':'stop'}").withMessageContaining("use pause, resume");
        refused("{'type':'control','action':'drain','pool':'reports'}")
                .withMessageContaining("a pool cannot be drained by itself");
        refused("{'type':'control','action':'pause','pool':'%s'}".formatted("x".repeat(33)))
                .withMessageContaining("pool has 33 characters; names of pools have 1 to 32");
        refused("{'task_id':'a','payload':'x','pool':'%s'}".formatted("x".repeat(33)))
                .withMessageContaining("pool has 33 characters");
        refused("{'type':'control'}").withMessageContaining("use pause, resume");
    }

    @ParameterizedTest
    @CsvSource({"task, TASK", "auto, AUTO", "none, NONE"})
    void readsIsolation(String isolation, Isolation expected) {
        assertThat(
                        submit(
                                        "{'task_id':'a','isolation':'%s','payload':'x'}"
                                                .formatted(isolation))
                                .isolation())
                .isEqualTo(expected);
        byte[] msgpack =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(3);
                            packer.packString("task_id").packString("a");
                            packer.packString("payload").packString("x");
                            packer.packString("isolation").packString(isolation);
                        });
        assertThat(((Request.Submit) Encoding.of(msgpack).decode(msgpack)).task().isolation())
                .isEqualTo(expected);
    }

    @Test
    void isolationIsThatOfTheDaemonUnlessItIsGiven() {
        assertThat(submit("{'task_id':'a','payload':'x'}").isolation()).isEqualTo(Isolation.NONE);
        assertThat(submit("{'task_id':'a','payload':'x','isolation':null}").isolation())
                .isEqualTo(Isolation.NONE);
    }

    @Test
    void readsTermsInBothEncodings() {
        Terms terms =
                submit(
                                "{'task_id':'a','priority':'low','queue_timeout_ms':1500,'on_disconnect':'cancel','payload':'x','pool':'reports','name':'import'}")
                        .terms();
        byte[] msgpack =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(7);
                            packer.packString("pool").packString("reports");
                            packer.packString("name").packString("import");
                            packer.packString("on_disconnect").packString("cancel");
                            packer.packString("task_id").packString("a");
                            packer.packString("payload").packString("x");
                            packer.packString("priority").packString("low");
                            packer.packString("queue_timeout_ms").packInt(1500);
                        });

        assertThat(terms)
                .isEqualTo(
                        new Terms(
                                "reports",
                                Isolation.NONE,
                                Priority.LOW,
                                Duration.ofMillis(1500),
                                true,
                                null,
                                Delivery.USUAL,
                                List.of(),
                                "import",
                                null));
        assertThat(((Request.Submit) Encoding.of(msgpack).decode(msgpack)).task().terms())
                .isEqualTo(terms);
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void readsTheSpanThatSubmits(Encoding encoding) {
        byte[] frame =
                encoding.encode(Map.of("task_id", "a", "payload", SPAN, "traceparent", SPAN));

        Traceparent read =
                Objects.requireNonNull(
                        ((Request.Submit) encoding.decode(frame)).task().terms().traceparent());

        assertThat(read.text()).isEqualTo(SPAN);
        assertThat(read.traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        assertThat(read.spanId()).isEqualTo("00f067aa0ba902b7");
        assertThat(read.flags()).isEqualTo("01");
        assertThat(read.isIn(frame)).isTrue();
    }

    @Test
    void passesOverATraceparentThatIsNone() {
        String zeros = "0".repeat(32);
        for (String value :
                List.of(
                        "7",
                        "null",
                        "''",
                        "{}",
                        "[1]",
                        "'" + SPAN.toUpperCase(Locale.ROOT) + "'",
                        "'" + SPAN + "-'",
                        "'01" + SPAN.substring(2) + "'",
                        "'00-" + zeros + "-00f067aa0ba902b7-01'",
                        "'00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01'")) {
            String request = "{'task_id':'a','payload':'x','traceparent':" + value + "}";
            assertThat(submit(request).terms().traceparent()).as(value).isNull();
        }
    }

    static List<Encoding> encodings() {
        return List.of(Encoding.JSON, Encoding.MESSAGE_PACK);
    }

    @Test
    void passesOverANameThatIsNone() {
        for (String name : new String[] {"7", "null", "''", "{}", "[1]"}) {
            String request = "{'task_id':'a','payload':'x','name':" + name + "}";
            assertThat(submit(request).terms().name()).as(name).isNull();
        }
        String longest = "x".repeat(99) + "…";
        String request = "{'task_id':'a','payload':'x','name':'" + "x".repeat(1000) + "'}";
        assertThat(submit(request).terms().name()).isEqualTo(longest);
    }

    @Test
    void readsWhatADetachedTaskAsksOfACluster() {
        Delivery delivery =
                submit(
                                "{'task_id':'a','payload':'x','detach':true,'at_most_once':true,'delay_ms':1500,'retries':3,'retry_delay_ms':20,'retry_on':'TIMEOUT,EXCEPTION','unique':'k'}")
                        .terms()
                        .delivery();

        assertThat(delivery)
                .isEqualTo(
                        new Delivery(
                                true,
                                Duration.ofMillis(1500),
                                new Retries(
                                        3, Duration.ofMillis(20), Set.of("TIMEOUT", "EXCEPTION")),
                                "k"));
        assertThat(
                        submit("{'task_id':'a','payload':'x','detach':true,'retries':1}")
                                .terms()
                                .delivery()
                                .retries())
                .isEqualTo(new Retries(1, Duration.ofSeconds(1), Retries.USUAL_CODES));
        assertThat(submit("{'task_id':'a','payload':'x','at_most_once':true}").terms().delivery())
                .isSameAs(Delivery.AT_MOST_ONCE);
    }

    @Test
    void refusesWhatNoClusterCouldDo() {
        refused("{'task_id':'a','payload':'x','delay_ms':1}")
                .withMessage(
                        "delay_ms, retries and unique are for detached tasks; send detach with them");
        refused("{'task_id':'a','payload':'x','detach':true,'delay_ms':-1}")
                .withMessage("delay_ms=-1 is not within 0..2147483647");
        refused("{'task_id':'a','payload':'x','detach':true,'retries':101}")
                .withMessage("retries=101 is not within 0..100");
        refused("{'task_id':'a','payload':'x','detach':true,'retries':1,'retry_on':'never'}")
                .withMessage(
                        "retry_on \"never\" is no list of codes; use for example EXCEPTION,TIMEOUT");
        refused("{'task_id':'a','payload':'x','detach':true,'unique':''}")
                .withMessage("unique has 0 characters; use 1 to 255");
    }

    @Test
    void termsAreTheUsualUnlessTheyAreGiven() {
        assertThat(submit("{'task_id':'a','payload':'x'}").terms()).isSameAs(Terms.USUAL);
        assertThat(submit("{'task_id':'a','payload':'x','on_disconnect':'finish'}").terms())
                .isSameAs(Terms.USUAL);
        assertThat(submit("{'task_id':'a','payload':'x','on_disconnect':null}").terms())
                .isSameAs(Terms.USUAL);
    }

    @Test
    void refusesTermsThatAreUnknown() {
        refused("{'task_id':'a','payload':'x','priority':'urgent'}")
                .withMessage("priority \"urgent\" is unknown; use high, normal or low");
        refused("{'task_id':'a','payload':'x','priority':7}")
                .withMessage("priority must be a string");
        refused("{'task_id':'a','payload':'x','queue_timeout_ms':0}")
                .withMessage("queue_timeout_ms=0 is not within 1..2147483647");
        refused("{'task_id':'a','payload':'x','on_disconnect':'die'}")
                .withMessage("on_disconnect \"die\" is unknown; use cancel or finish");
        refused("{'task_id':'a','payload':'x','on_disconnect':true}")
                .withMessage("on_disconnect must be a string");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'%s'}",
                "{'task_id':'a','payload':'x','priority':'%s'}",
                "{'task_id':'a','payload':'x','isolation':'%s'}",
                "{'task_id':'a','payload':'x','on_disconnect':'%s'}",
                "{'task_id':'a','payload':'x','detach':true,'retries':1,'retry_on':'%s'}",
                "{'type':'tasks','status':'%s'}",
                "{'type':'control','action':'%s'}",
                "{'type':'dead','action':'%s'}"
            })
    void repeatsWordsOfTheClientOnOneLine(String request) {
        refused(request.formatted("a\\nb\\u202e"))
                .withMessageContaining("\"a\\nb\\u202e\" is ")
                .satisfies(e -> assertThat(e.explanation()).doesNotContain("\n", "\u202e"));
    }

    @Test
    void refusesIsolationThatIsUnknown() {
        refused("{'task_id':'a','payload':'x','isolation':'pool'}")
                .withMessage("isolation \"pool\" is unknown; use task, auto or none");
        refused("{'task_id':'a','payload':'x','isolation':true}")
                .withMessage("isolation must be a string");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2147483647, 2147483647", "1500.7, 1500", "1e3, 1000"})
    void readsTimeout(String written, long millis) {
        Task task = submit("{'task_id':'a','payload':'x','timeout_ms':%s}".formatted(written));

        assertThat(task.timeout()).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "0.5", "-1", "2147483648", "1e400", "99999999999999999999999"})
    void refusesTimeoutOutOfRange(String written) {
        refused("{'task_id':'a','payload':'x','timeout_ms':%s}".formatted(written))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID_REQUEST))
                .withMessageContaining("timeout_ms");
    }

    @Test
    void refusesMessagePackTimeoutOutOfRange() {
        for (double timeout : new double[] {Double.NaN, 1e300, -1, 0.5}) {
            refused(
                            TestFrames.msgpack(
                                    packer -> {
                                        packer.packMapHeader(3);
                                        packer.packString("task_id").packString("a");
                                        packer.packString("payload").packString("x");
                                        packer.packString("timeout_ms").packDouble(timeout);
                                    }))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID_REQUEST));
        }
    }

    @Test
    void skipsPayloadNestedUpToTheLimit() {
        int levels = JsonEncoding.MAX_DEPTH - 1; // the frame is one more

        assertThat(submit(nestedJson(levels)).id().value()).isEqualTo("a");
        assertThat(submit(nestedMessagePack(levels)).id().value()).isEqualTo("a");
    }

    @ParameterizedTest
    @ValueSource(ints = {JsonEncoding.MAX_DEPTH + 1, 200_000})
    void refusesPayloadNestedDeeper(int levels) {
        refused(nestedJson(levels))
                .withMessageContaining("nested deeper than 1000 levels")
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.MALFORMED_FRAME));
        refused(nestedMessagePack(levels))
                .withMessageContaining("nested deeper than 1000 levels")
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.MALFORMED_FRAME));
    }

    @Test
    void nestingIsLimitedInFieldsThatNobodyKnowsToo() {
        byte[] msgpack =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(2).packString("task_id").packString("a");
                            packer.packString("unknown");
                            for (int i = 0; i < 5000; i++) {
                                packer.packMapHeader(1).packInt(i);
                            }
                            packer.packNil();
                        });

        refused(msgpack).withMessageContaining("nested deeper than 1000 levels");
        refused("{'task_id':'a','unknown':%s".formatted("{'x':".repeat(5000)))
                .withMessageContaining("nested deeper than 1000 levels");
    }

    @Test
    void opensAsManyListsBesideEachOtherAsFit() {
        String lists = "[" + "[],".repeat(100_000) + "[]]";

        assertThat(submit("{'task_id':'a','payload':%s}".formatted(lists)).id().value())
                .isEqualTo("a");
    }

    private static byte[] nestedJson(int levels) {
        return TestFrames.json(
                "{'payload':%s%s,'task_id':'a'}".formatted("[".repeat(levels), "]".repeat(levels)));
    }

    private static byte[] nestedMessagePack(int levels) {
        return TestFrames.msgpack(
                packer -> {
                    packer.packMapHeader(2).packString("payload");
                    for (int i = 0; i < levels; i++) {
                        packer.packArrayHeader(1);
                    }
                    packer.packNil().packString("task_id").packString("a");
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"context", "timeout_ms", "unknown"})
    void refusesNumbersOfMoreDigitsThanAnybodyMeans(String field) {
        String digits = "7".repeat(1_000_000);

        refused("{'task_id':'a','payload':'x','%s':%s}".formatted(field, digits))
                .withMessageContaining("more than 1000 digits")
                .satisfies(e -> assertThat(taskId(e)).isEqualTo("a"));
        assertThat(submit("{'task_id':'a','payload':'x','context':%s}".formatted("7".repeat(900))))
                .isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"type", "task_id", "status"})
    void refusesTextsThatAreFarTooLongWithoutReadingThem(String field) {
        refused("{'%s':'%s','payload':'x'}".formatted(field, "y".repeat(1_000_000)))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID_REQUEST));
    }

    @Test
    void refusesReplyNestedTooDeepForTheOtherEncoding() {
        byte[] json =
                TestFrames.json(
                        "{'task_id':'a','ok':true,'result':%s%s}"
                                .formatted("[".repeat(600), "]".repeat(600)));

        assertThat(Encoding.JSON.decodeReply(json).ok()).isTrue();
        assertThatExceptionOfType(RequestException.class)
                .isThrownBy(() -> Encoding.MESSAGE_PACK.encode(json))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.RESULT_NOT_ENCODABLE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-32LE"})
    void refusesJsonInAnotherCharsetThanUtf8(String charset) {
        String text = "{\"task_id\":\"a\",\"payload\":\"x\"}";

        refused(TestFrames.frame(text.getBytes(Charset.forName(charset))))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.MALFORMED_FRAME));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'task_id':'a','payload':'x'} x",
                "{'task_id':'a','payload':'x'},",
                "{'task_id':'a' 'payload':'x'}",
                "{'task_id':'a','payload':'x',}",
                "{'task_id':'a','payload':NaN}",
                "{'task_id':'a','payload':01}",
                "{'task_id':'a','payload':'\\x'}",
                "{'task_id':'a','payload':'\n'}",
                "{'task_id':'a',payload:'x'}",
                "{'task_id':'a','payload':[}}",
                "  ",
            })
    void refusesWhatIsNoJson(String text) {
        refused(text)
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.MALFORMED_FRAME))
                .withMessageStartingWith("frame is not a JSON object: ");
    }

    /** Headers that promise more than there is, each as the payload of a submit. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "db7fffffff",
                "dbffffffff",
                "c67fffffff",
                "c6ffffffff",
                "dd7fffffff",
                "ddffffffff",
                "df40000000",
                "df7fffffff",
                "dfffffffff",
                "c97fffffff01",
                "c97ffffffa01",
                "c9ffffffff01",
                "d9ff",
                "daffff",
                "c4ff",
                "c5ffff",
                "dcffff",
                "deffff",
                "c7ff01",
                "dd7fffffffdd7fffffff",
                "df3fffffffdf3fffffff",
                "d8",
                "ca00",
                "c1",
            })
    void refusesMessagePackThatPromisesMoreThanThereIs(String payload) {
        byte[] head =
                TestFrames.msgpack(
                        packer -> {
                            packer.packMapHeader(2).packString("task_id").packString("a");
                            packer.packString("payload");
                        });
        String tail = "a7636f6e74657874";

        refused(frame(head, payload))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.MALFORMED_FRAME));
        refused(frame(head, payload + tail))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.MALFORMED_FRAME));
    }

    private static byte[] frame(byte[] head, String hex) {
        byte[] end = HexFormat.of().parseHex(hex);
        byte[] body = Arrays.copyOf(TestFrames.body(head), head.length - 4 + end.length);
        System.arraycopy(end, 0, body, head.length - 4, end.length);
        return TestFrames.frame(body);
    }

    @Test
    void replyWithoutIdOrVerdictIsNone() {
        for (String text :
                new String[] {
                    "{}",
                    "{'ok':true}",
                    "{'task_id':'a'}",
                    "{'task_id':1,'ok':true}",
                    "{'task_id':'a','ok':1}",
                    "{'task_id':'a','ok':true}}",
                    "{'task_id':'a','ok'"
                }) {
            assertThatExceptionOfType(RequestException.class)
                    .as(text)
                    .isThrownBy(() -> Encoding.JSON.decodeReply(TestFrames.json(text)))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.MALFORMED_FRAME));
        }
    }

    @Test
    void shortenedTextsKeepTheirCharactersWhole() {
        String type = "x".repeat(39) + "😀".repeat(10);

        refused("{'type':'%s'}".formatted(type))
                .satisfies(
                        e ->
                                assertThat(
                                                StandardCharsets.UTF_8
                                                        .newEncoder()
                                                        .canEncode(e.getMessage()))
                                        .isTrue());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\\ud83d", "\\ude00a", "\\ud83d\\ud83d", "\\ude00\\ud83d"})
    void refusesIdsWithHalfACharacterOfWhichTwoWouldBeTheSame(String id) {
        refused("{'task_id':'%s','payload':'x'}".formatted(id))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID_REQUEST));
        assertThat(submit("{'task_id':'a\\ud83d\\ude00','payload':'x'}").id().value())
                .isEqualTo("a😀");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesMessagePackIdsThatAreNoUtf8(boolean asText) {
        for (byte[] id :
                new byte[][] {{'i', (byte) 0xff}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}}) {
            byte[] frame =
                    TestFrames.msgpack(
                            packer -> {
                                packer.packMapHeader(2).packString("payload").packString("x");
                                packer.packString("task_id");
                                if (asText) {
                                    packer.packRawStringHeader(id.length);
                                } else {
                                    packer.packBinaryHeader(id.length);
                                }
                                packer.addPayload(id);
                            });

            refused(frame)
                    .withMessageContaining("UTF-8")
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID_REQUEST));
        }
    }

    @Test
    void refusalOfAnIdGivesItBack() {
        refused("{'task_id':'','payload':'x'}").satisfies(e -> assertThat(taskId(e)).isEmpty());
        refused("{'task_id':'%s','payload':'x'}".formatted("x".repeat(256)))
                .satisfies(e -> assertThat(taskId(e)).hasSize(256));
    }

    private static Task submit(String json) {
        return submit(TestFrames.json(json));
    }

    private static Task submit(byte[] frame) {
        return ((Request.Submit) Encoding.of(frame).decode(frame)).task();
    }

    private static ThrowableAssertAlternative<TaskException> refused(String json) {
        return refused(TestFrames.json(json));
    }

    private static ThrowableAssertAlternative<TaskException> refused(byte[] frame) {
        return assertThatExceptionOfType(TaskException.class)
                .isThrownBy(() -> Encoding.of(frame).decode(frame));
    }

    private static String taskId(TaskException refusal) {
        return ((RequestException) refusal).taskId();
    }
}
