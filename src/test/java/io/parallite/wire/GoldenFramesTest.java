package io.parallite.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.task.FailureKind;
import io.parallite.task.FailurePlace;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskProgress;
import io.parallite.task.TaskState;
import io.parallite.wire.GoldenFrames.Golden;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The shared frames as the daemon reads them. */
class GoldenFramesTest {

    @Test
    void areThere() {
        assertThat(GoldenFrames.all()).hasSizeGreaterThan(60);
    }

    @ParameterizedTest
    @MethodSource("requests")
    void readsRequest(Golden golden) {
        Request request = decode(golden);

        String id = (String) golden.field("task_id");
        TaskId taskId = id == null ? null : new TaskId(id);
        Request expected =
                switch (golden.verdict()) {
                    case "submit" ->
                            new Request.Submit(((Request.Submit) request).task(), wish(golden));
                    case "await" -> new Request.Await(taskId);
                    case "tail" -> new Request.Tail(taskId);
                    case "status" -> new Request.Status(taskId);
                    case "task" -> new Request.Detail(taskId);
                    case "failures" -> new Request.Failures(taskId, limit(golden));
                    case "cancel" -> new Request.Cancel(taskId, millis(golden, "grace_ms", 0));
                    case "tasks" -> new Request.Tasks(taskId, limit(golden), state(golden));
                    case "ping" -> new Request.Ping(taskId);
                    case "stats" -> new Request.Stats(taskId);
                    case "reload" -> new Request.Reload(taskId);
                    case "stop" -> new Request.Stop(taskId);
                    default -> throw new AssertionError(golden.verdict());
                };
        assertThat(request).isEqualTo(expected);
        if (request instanceof Request.Submit(Task task, Request.Wish ignored)) {
            assertThat(task.id()).isEqualTo(taskId);
            assertThat(task.frame()).isSameAs(golden.frame());
            assertThat(task.timeout()).isEqualTo(timeout(golden));
            assertThat(task.detached()).isEqualTo(Boolean.TRUE.equals(golden.field("detach")));
        }
    }

    private static Request.Wish wish(Golden golden) {
        if (Boolean.TRUE.equals(golden.field("stream_output"))) {
            return Request.Wish.OUTPUT;
        }
        return Boolean.TRUE.equals(golden.field("stream"))
                ? Request.Wish.EVENTS
                : Request.Wish.REPLY;
    }

    private static Duration millis(Golden golden, String field, long byDefault) {
        Number millis = (Number) golden.field(field);
        return Duration.ofMillis(millis == null ? byDefault : millis.longValue());
    }

    private static int limit(Golden golden) {
        Number limit = (Number) golden.field("limit");
        return limit == null ? 50 : limit.intValue();
    }

    private static @Nullable TaskState state(Golden golden) {
        String name = (String) golden.field("status");
        return name == null ? null : TaskState.named(name).orElseThrow();
    }

    private static @Nullable Duration timeout(Golden golden) {
        Number millis = (Number) golden.field("timeout_ms");
        return millis == null ? null : Duration.ofMillis(millis.longValue());
    }

    @ParameterizedTest
    @MethodSource("replies")
    void readsReply(Golden golden) {
        ReplyEnvelope reply = Encoding.of(golden.frame()).decodeReply(golden.frame());

        assertThat(reply.taskId()).isEqualTo(golden.field("task_id"));
        assertThat(reply.ok()).isEqualTo(golden.field("ok"));
        assertThat(reply.workerEnds()).isEqualTo(golden.fields().containsKey("worker_ends"));
        TaskFailure failure =
                reply.ok()
                        ? null
                        : new TaskFailure(
                                (String) golden.field("error_code"),
                                (String) golden.field("error"),
                                place(golden));
        assertThat(reply.failure()).isEqualTo(failure);
    }

    private static FailurePlace place(Golden golden) {
        Number line = (Number) golden.field("line");
        return new FailurePlace(
                (String) golden.field("class"),
                (String) golden.field("file"),
                line == null ? 0 : line.intValue());
    }

    @ParameterizedTest
    @MethodSource("events")
    void readsEvent(Golden golden) {
        ReplyEnvelope event = Encoding.of(golden.frame()).decodeReply(golden.frame());

        assertThat(event.taskId()).isEqualTo(golden.field("task_id"));
        assertThat(event.event()).isEqualTo(golden.field("event"));
        assertThat(event.ok()).isFalse();
        assertThat(event.failure()).isNull();
        if ("progress".equals(event.event())) {
            Number fraction = (Number) golden.field("fraction");
            assertThat(Events.progress(golden.frame()))
                    .isEqualTo(
                            new TaskProgress(
                                    fraction == null ? null : fraction.doubleValue(),
                                    (String) golden.field("message")));
        }
        if ("stack".equals(event.event())) {
            assertThat(Events.stack(golden.frame())).isEqualTo(golden.field("stack"));
        }
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refuses(Golden golden) {
        FailureKind kind = FailureKind.valueOf(golden.verdict().substring("refused ".length()));

        assertThatExceptionOfType(TaskException.class)
                .isThrownBy(() -> decode(golden))
                .satisfies(refusal -> assertThat(refusal.kind()).isEqualTo(kind));
    }

    @ParameterizedTest
    @MethodSource("wellFormed")
    void readsAllFieldsInOrder(Golden golden) {
        Map<String, Object> read = Encoding.of(golden.frame()).decodeAll(golden.frame());

        assertThat(read.keySet()).containsExactlyElementsOf(golden.fields().keySet());
        assertThat(plain(read)).isEqualTo(plain(golden.fields()));
    }

    @ParameterizedTest
    @MethodSource("wellFormed")
    void tellsTheSameInTheOtherEncoding(Golden golden) {
        Encoding from = Encoding.of(golden.frame());
        Encoding to = from == Encoding.JSON ? Encoding.MESSAGE_PACK : Encoding.JSON;

        byte[] told = to.encode(golden.frame());

        assertThat(Encoding.of(told)).isSameAs(to);
        assertThat(FrameReader.length(told)).isEqualTo(told.length - FrameReader.HEADER);
        assertThat(plain(to.decodeAll(told))).isEqualTo(plain(golden.fields()));
        assertThat(to.encode(told)).isSameAs(told);
    }

    @ParameterizedTest
    @MethodSource("requests")
    void isMalformedWhenItEndsTooEarly(Golden golden) {
        byte[] body = TestFrames.body(golden.frame());
        int end = golden.name().endsWith(".json") ? lastBrace(body) : body.length - 1;

        for (int length = 0; length <= end; length++) {
            byte[] cut = TestFrames.frame(Arrays.copyOf(body, length));
            assertThatExceptionOfType(TaskException.class)
                    .as("the first %d bytes", length)
                    .isThrownBy(() -> Encoding.of(cut).decode(cut))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.MALFORMED_FRAME));
        }
    }

    private static int lastBrace(byte[] body) {
        int at = body.length - 1;
        while (body[at] != '}') {
            at--;
        }
        return at;
    }

    private static Request decode(Golden golden) {
        return Encoding.of(golden.frame()).decode(golden.frame());
    }

    static Stream<Golden> requests() {
        return GoldenFrames.all().filter(Golden::isRequest);
    }

    static Stream<Golden> replies() {
        return GoldenFrames.all().filter(Golden::isReply);
    }

    static Stream<Golden> events() {
        return GoldenFrames.all().filter(Golden::isEvent);
    }

    static Stream<Golden> refused() {
        return GoldenFrames.all().filter(Golden::isRefused);
    }

    static Stream<Golden> wellFormed() {
        return GoldenFrames.wellFormed();
    }

    /** All whole numbers alike. */
    private static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case Integer i -> i.longValue();
            case BigInteger i when i.bitLength() < Long.SIZE -> i.longValue();
            case List<?> list -> list.stream().map(GoldenFramesTest::plain).toList();
            case Map<?, ?> map -> {
                Map<Object, Object> plain = new LinkedHashMap<>();
                map.forEach((key, each) -> plain.put(key, plain(each)));
                yield plain;
            }
            case null, default -> value;
        };
    }
}
