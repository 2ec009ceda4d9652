package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.cluster.store.RedisServer;
import io.parallite.it.OtlpReceiver.Span;
import io.parallite.it.OtlpReceiver.TaskSpans;
import io.parallite.wire.Encoding;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spans of tasks, at a receiver that decodes what comes. */
final class TracingIT {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLER = "00f067aa0ba902b7";
    private static final String TRACEPARENT = "00-" + TRACE + "-" + CALLER + "-01";

    private static final String TELL = "fn () => \\B7s\\Parallite\\Task::traceparent()";

    private static final int SERVER = 2;
    private static final int CONSUMER = 5;
    private static final int ERROR = 2;

    @TempDir private Path directory;

    private OtlpReceiver receiver;

    @BeforeEach
    void start() {
        receiver = OtlpReceiver.start();
    }

    @AfterEach
    void stop() {
        receiver.close();
    }

    private DaemonBuilder traced(String... flags) {
        return daemon(flags).env("PARALLITE_OTEL_ENDPOINT", receiver.url());
    }

    private static Map<String, Object> within(Map<String, Object> task, String traceparent) {
        task.put("traceparent", traceparent);
        return task;
    }

    @ParameterizedTest
    @ValueSource(strings = {"json", "msgpack"})
    void recordsATaskWithinTheTraceOfItsCaller(String encoding) {
        try (DaemonProcess daemon =
                        traced("--fixed-workers", "1", "--otel-service-name", "shop")
                                .startAtRest();
                TestClient client =
                        daemon.connect(
                                encoding.equals("json") ? Encoding.JSON : Encoding.MESSAGE_PACK)) {
            Map<String, Object> request = within(task("a", closure(TELL)), TRACEPARENT);
            request.put("name", "report");
            Object told = client.call(request).result();

            TaskSpans spans = receiver.await("a", 3);
            Span task = spans.task();
            assertThat(task.traceId()).isEqualTo(TRACE);
            assertThat(task.parentId()).isEqualTo(CALLER);
            assertThat(task.name()).isEqualTo("report");
            assertThat(task.kind()).isEqualTo(SERVER);
            assertThat(task.status()).isZero();
            assertThat(task.attributes())
                    .containsEntry("parallite.task.outcome", "ok")
                    .containsEntry("parallite.task.attempts", 1L);
            assertThat(task.resource())
                    .containsEntry("service.name", "shop")
                    .containsEntry("process.pid", daemon.pid());
            Span queue = spans.named("queue");
            Span run = spans.named("run");
            assertThat(List.of(queue, run)).allMatch(span -> span.isChildOf(task));
            assertThat(told).isEqualTo(run.traceparent());
            assertThat(run.attributes())
                    .containsEntry("parallite.worker.name", "work-1")
                    .containsEntry("parallite.worker.pid", daemon.workerTrees().getFirst());
            assertThat(List.of(task.start(), queue.start(), queue.end(), run.start(), run.end()))
                    .isSorted();
            assertThat(queue.start()).isEqualTo(task.start());
            assertThat(run.start()).isEqualTo(queue.end());
            assertThat(run.end()).isEqualTo(task.end()).isGreaterThan(run.start());
            assertThat(receiver.lastHeaders().get("Content-type"))
                    .containsExactly("application/x-protobuf");
        }
    }

    @Test
    void beginsATraceWhereTheCallerNamesNone() {
        try (DaemonProcess daemon = traced("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            Object one = client.submit("one", closure(TELL)).result();
            Object two = client.call(within(task("two", closure(TELL)), "no traceparent")).result();

            for (String id : List.of("one", "two")) {
                TaskSpans spans = receiver.await(id, 3);
                assertThat(spans.task().parentId()).isEmpty();
                assertThat(spans.task().name()).isEqualTo("parallite.task");
                assertThat(spans.named("run").traceparent())
                        .isEqualTo(id.equals("one") ? one : two);
            }
            assertThat(receiver.await("one", 3).task().traceId())
                    .isNotEqualTo(receiver.await("two", 3).task().traceId());
        }
    }

    @Test
    void tellsHowTasksFail() {
        try (DaemonProcess daemon =
                        traced("--fixed-workers", "1", "--max-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("thrown", closure("fn () => throw new DomainException('no stock')"))
                    .assertFailure("EXCEPTION");
            client.submit("killed", closure("fn () => posix_kill(getmypid(), 9)"))
                    .assertFailure("WORKER_CRASHED");

            Span thrown = receiver.await("thrown", 3).named("run");
            assertThat(thrown.status()).isEqualTo(ERROR);
            assertThat(thrown.message()).contains("no stock");
            assertThat(thrown.attributes()).containsEntry("error.type", "EXCEPTION");
            assertThat(thrown.events())
                    .singleElement()
                    .satisfies(
                            event ->
                                    assertThat(event)
                                            .containsEntry("exception.type", "DomainException"));
            Span killed = receiver.await("killed", 3).task();
            assertThat(killed.status()).isEqualTo(ERROR);
            assertThat(killed.attributes())
                    .containsEntry("parallite.task.outcome", "WORKER_CRASHED");
        }
    }

    @Test
    void tellsOfTasksThatNeverRan() {
        try (DaemonProcess daemon =
                        traced("--fixed-workers", "1", "--max-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(task("long", closure("fn () => sleep(600)")));
            await().until(() -> client.call(status("long")).text("status").equals("running"));
            Map<String, Object> late = task("late", closure("fn () => 1"));
            late.put("queue_timeout_ms", 1);
            client.call(late).assertFailure("QUEUE_TIMEOUT");
            client.send(task("dropped", closure("fn () => 2")));
            client.call(Map.of("type", "cancel", "task_id", "dropped"));
            client.call(Map.of("type", "cancel", "task_id", "long"));

            TaskSpans timedOut = receiver.await("late", 2);
            assertThat(timedOut.task().status()).isEqualTo(ERROR);
            assertThat(timedOut.named("queue").end()).isEqualTo(timedOut.task().end());
            TaskSpans dropped = receiver.await("dropped", 2);
            assertThat(dropped.task().status()).as("nothing failed").isZero();
            assertThat(dropped.task().attributes())
                    .containsEntry("parallite.task.outcome", "CANCELLED");
            assertThat(receiver.await("long", 3).named("run").attributes())
                    .containsEntry("parallite.task.outcome", "CANCELLED");
        }
    }

    private static Map<String, Object> status(String id) {
        return TestClient.request("status", id);
    }

    @Test
    void tellsOfAStartThatATaskHasWaitedFor() {
        try (DaemonProcess daemon = traced("--fixed-workers", "none").start();
                TestClient client = daemon.connect()) {
            client.submit("first", closure("fn () => 1")).assertResult(1);
            client.submit("second", closure("fn () => 2")).assertResult(2);

            TaskSpans first = receiver.await("first", 4);
            Span start = first.named("start");
            Span queue = first.named("queue");
            assertThat(start.isChildOf(queue)).isTrue();
            assertThat(List.of(queue.start(), start.start(), start.end(), queue.end())).isSorted();
            assertThat(start.end()).isGreaterThan(start.start());
            assertThat(receiver.await("second", 3).below())
                    .as("its worker was there")
                    .noneMatch(span -> span.name().equals("start"));
        }
    }

    @Test
    void tasksOfATaskAreBelowItsRun() {
        try (DaemonProcess daemon = traced("--fixed-workers", "2").startAtRest();
                TestClient client = daemon.connect()) {
            String nested =
                    """
                    function () {
                        $client = new \\B7s\\Parallite\\Client();
                        return $client->submit(fn () => \\B7s\\Parallite\\Task::traceparent(), id: 'inner')->await();
                    }""";
            Object told = client.call(within(task("outer", closure(nested)), TRACEPARENT)).result();

            TaskSpans outer = receiver.await("outer", 3);
            TaskSpans inner = receiver.await("inner", 3);
            assertThat(inner.task().isChildOf(outer.named("run"))).isTrue();
            assertThat(inner.named("run").traceparent()).isEqualTo(told);
            assertThat(inner.task().traceId()).isEqualTo(TRACE);
            Set<String> ids = new HashSet<>();
            assertThat(receiver.spans()).allMatch(span -> ids.add(span.id()));
        }
    }

    @Test
    void recordsWhatIsSampled() {
        try (DaemonProcess daemon =
                        traced("--fixed-workers", "1", "--otel-sample-ratio", "0").startAtRest();
                TestClient client = daemon.connect()) {
            Object own = client.submit("own", closure(TELL)).result();
            String unsampled = TRACEPARENT.substring(0, TRACEPARENT.length() - 1) + "0";
            client.call(within(task("theirs", closure(TELL)), unsampled)).assertResult(unsampled);
            client.call(within(task("sampled", closure(TELL)), TRACEPARENT));

            assertThat(own.toString()).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00");
            receiver.await("sampled", 3);
            assertThat(receiver.spans()).hasSize(3);
        }
    }

    @Test
    void leavesTheTraceOfTheCallerAloneWhenItIsOff() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.call(within(task("a", closure(TELL)), TRACEPARENT)).assertResult(TRACEPARENT);
            client.submit("b", closure(TELL)).assertResult(null);
            client.call(within(task("c", closure(TELL)), "malformed")).assertResult(null);
        }
    }

    @Test
    void tellsADetachedTaskAsAConsumer() {
        try (DaemonProcess daemon = traced("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            Map<String, Object> detached = within(task("d", closure(TELL)), TRACEPARENT);
            detached.put("detach", true);
            client.call(detached);

            Span task = receiver.await("d", 3).task();
            assertThat(task.kind()).isEqualTo(CONSUMER);
            assertThat(task.parentId()).isEqualTo(CALLER);
        }
    }

    @Test
    void tellsOfForks() {
        try (DaemonProcess daemon =
                        traced("--fixed-workers", "none", "--worker-start", "fork").start();
                TestClient client = daemon.connect()) {
            Map<String, Object> isolated = task("forked", closure(TELL));
            isolated.put("isolation", "task");
            Object told = client.call(isolated).result();

            TaskSpans spans = receiver.await("forked", 4);
            assertThat(spans.named("start").isChildOf(spans.named("queue"))).isTrue();
            assertThat(spans.named("run").traceparent()).isEqualTo(told);
        }
    }

    @Test
    void tellsThePool() {
        try (DaemonProcess daemon =
                        traced("--fixed-workers", "1")
                                .json("{\"pools\": {\"reports\": {\"fixed_workers\": 1}}}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Map<String, Object> report = within(task("report", closure(TELL)), TRACEPARENT);
            report.put("pool", "reports");
            Object told = client.call(report).result();
            client.submit("other", closure(TELL));

            TaskSpans spans = receiver.await("report", 3);
            assertThat(spans.task().attributes()).containsEntry("parallite.pool", "reports");
            assertThat(spans.named("run").traceparent()).isEqualTo(told);
            assertThat(receiver.await("other", 3).task().attributes())
                    .containsEntry("parallite.pool", "default");
        }
    }

    @Test
    void tellsEventsOnce() {
        try (DaemonProcess daemon = traced("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            Map<String, Object> request =
                    task("a", closure("function () { B7s\\Parallite\\Task::emit(1); echo 2; }"));
            request.put("stream_output", true);
            client.send(request);

            List<String> events =
                    List.of(
                            client.receiveNext().text("event"),
                            client.receiveNext().text("event"),
                            client.receiveNext().text("event"));
            assertThat(events).containsExactlyInAnyOrder("emit", "output", "");
            receiver.await("a", 3);
        }
    }

    @Test
    void doesNotWaitForASlowReceiverWhenItStops() {
        receiver.hold();
        try (DaemonProcess daemon = traced("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("a", closure("fn () => 1")).assertResult(1);

            DaemonProcess.Ended ended = daemon.stop();

            assertThat(ended.exitCode()).isZero();
            assertThat(ended.log()).contains("spans could not be sent before the stop");
        }
    }

    @Test
    void sendsTheRestWhenItStops() {
        try (DaemonProcess daemon =
                        traced("--fixed-workers", "1")
                                .env("PARALLITE_OTEL_HEADERS", "x-key=s3cret%20one,b=2")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("last", closure("fn () => 1")).assertResult(1);

            DaemonProcess.Ended ended = daemon.stop();

            assertThat(ended.exitCode()).isZero();
            assertThat(receiver.spans()).hasSize(3);
            assertThat(receiver.lastHeaders().get("X-key")).containsExactly("s3cret one");
            assertThat(ended.log()).doesNotContain("s3cret").doesNotContain("WARN");
        }
    }

    @Test
    void sendsAgainWhatAReceiverHadNoTimeFor() {
        receiver.refuse(1, 503);
        try (DaemonProcess daemon = traced("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("a", closure("fn () => 1")).assertResult(1);

            receiver.await("a", 3);
            assertThat(receiver.requests()).isEqualTo(2);
            await().untilAsserted(
                            () ->
                                    assertThat(daemon.log())
                                            .contains("it answers 503")
                                            .contains("spans are sent again"));
        }
    }

    @Test
    void tasksGoOnWithoutAReceiver() {
        int port = receiver.port();
        receiver.close();
        try (DaemonProcess daemon = traced("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("a", closure("fn () => 1")).assertResult(1);
            await().untilAsserted(
                            () ->
                                    assertThat(daemon.log())
                                            .contains("spans cannot be sent")
                                            .contains("endpoint=http://127.0.0.1:" + port));
            client.submit("b", closure("fn () => 2")).assertResult(2);

            receiver = OtlpReceiver.at(port);
            receiver.await("a", 3);
            receiver.await("b", 3);
            assertThat(daemon.log().lines().filter(line -> line.contains("cannot be sent")))
                    .as("not once a try")
                    .hasSize(1);
            receiver.close();
            client.submit("c", closure("fn () => 3")).assertResult(3);
            DaemonProcess.Ended ended = daemon.stop();
            assertThat(ended.exitCode()).isZero();
            assertThat(ended.log()).contains("spans were lost").contains("lost=3");
        }
    }

    @Test
    void tasksDoNotWaitForASlowReceiver() {
        receiver.hold();
        try (DaemonProcess daemon =
                        traced("--fixed-workers", "1", "--max-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("first", closure("fn () => 0"));
            await().until(() -> receiver.requests() == 1);
            for (int batch = 0; batch < 3_000; batch += 200) { // 9,000 spans, before it gives up
                for (int i = batch; i < batch + 200; i++) {
                    client.send(task("t" + i, "pi"));
                }
                for (int i = batch; i < batch + 200; i++) {
                    client.receive("t" + i);
                }
            }
            receiver.goOn();

            await().untilAsserted(
                            () ->
                                    assertThat(daemon.log())
                                            .contains("more than 8192 spans wait")
                                            .contains("lost=808"));
            receiver.await("t2000", 3);
        }
    }

    @Test
    void refusesWhatNoReceiverCanBe() {
        for (String url : List.of("grpc://host:4317", "http://", "http://u:p@host", "127.0.0.1")) {
            DaemonProcess.Ended ended = daemon("--otel-endpoint", url).run();
            assertThat(ended.exitCode()).as(url).isEqualTo(78);
            assertThat(ended.log()).contains("otel_endpoint=");
        }
        DaemonProcess.Ended clear =
                daemon("--otel-endpoint", "http://collector.example:4318")
                        .env("PARALLITE_OTEL_HEADERS", "x-key=s3cret")
                        .run();
        assertThat(clear.exitCode()).isEqualTo(78);
        assertThat(clear.log()).contains("clear text").doesNotContain("s3cret");
    }

    @Test
    void oneTraceLeadsThroughACluster() {
        try (RedisServer redis = RedisServer.start();
                DaemonProcess one = node(redis, "one");
                DaemonProcess two = node(redis, "two");
                TestClient client = one.connect()) {
            ClusterNodes.awaitJoined(one);
            ClusterNodes.awaitJoined(two);
            client.send(task("long", closure("fn () => sleep(600)")));
            await().until(() -> client.call(status("long")).text("status").equals("running"));
            Map<String, Object> detached = within(task("detached", closure(TELL)), TRACEPARENT);
            detached.put("detach", true);
            client.call(detached);
            Object told = client.call(within(task("awaited", closure(TELL)), TRACEPARENT)).result();

            TaskSpans kept = receiver.await("detached", 3);
            assertThat(kept.task().parentId()).isEqualTo(CALLER);
            assertThat(kept.task().resource()).containsEntry("process.pid", two.pid());
            await().until(() -> ofTask("awaited").size() == 2);
            Span here = ofTask("awaited").getFirst();
            Span there = ofTask("awaited").getLast();
            if (here.resource().get("process.pid").equals(two.pid())) {
                Span first = here;
                here = there;
                there = first;
            }
            Span left = childOf(here, "run");
            assertThat(here.traceId()).isEqualTo(TRACE);
            assertThat(here.parentId()).isEqualTo(CALLER);
            assertThat(left.attributes()).containsEntry("parallite.elsewhere", true);
            assertThat(there.isChildOf(left)).isTrue();
            assertThat(childOf(there, "run").traceparent()).isEqualTo(told);
        }
    }

    private DaemonProcess node(RedisServer redis, String name) {
        return new ClusterNodes(redis, directory)
                .builder(name, 1)
                .env("PARALLITE_OTEL_ENDPOINT", receiver.url())
                .startAtRest(); // else a task may find its node's own worker not started yet
    }

    private List<Span> ofTask(String id) {
        return receiver.spans().stream()
                .filter(span -> id.equals(span.attributes().get("parallite.task.id")))
                .toList();
    }

    private Span childOf(Span parent, String name) {
        return await().until(
                        () ->
                                receiver.spans().stream()
                                        .filter(span -> span.isChildOf(parent))
                                        .filter(span -> span.name().equals(name))
                                        .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    @Test
    void takesTheLongestRequest() {
        int limit = 1 << 20;
        try (DaemonProcess daemon =
                        traced("--fixed-workers", "1", "--max-payload-bytes", "" + limit)
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Map<String, Object> request = task("a", "strlen");
            request.put("context", "");
            int rest = limit - Encoding.JSON.encode(request).length + 4;
            request.put("context", "x".repeat(rest));
            client.call(request).assertResult(rest);
            receiver.await("a", 3);
        }
    }

    @Test
    void doctorAsksTheReceiver() {
        assertThat(doctor()).contains("ok    traces        spans are taken at " + receiver.url());
        assertThat(receiver.spans()).isEmpty();
        receiver.refuse(1, 401);
        assertThat(doctor()).contains("warn  traces").contains("answers 401");
        receiver.close();
        assertThat(doctor()).contains("warn  traces").contains("no spans can be sent");
    }

    private String doctor() {
        return Cli.in(directory).env("PARALLITE_OTEL_ENDPOINT", receiver.url()).run("doctor").out();
    }

    @Test
    void loadsNothingOfItWhenItIsOff() {
        try (DaemonProcess alone =
                        daemon("--fixed-workers", "1").jvm("-Xlog:class+load").startAtRest();
                TestClient client = alone.connect()) {
            client.call(within(task("a", closure(TELL)), TRACEPARENT)).assertResult(TRACEPARENT);

            assertThat(alone.log().lines())
                    .anyMatch(line -> line.contains("io.parallite.dispatch.Dispatcher"))
                    .noneMatch(line -> line.contains("io.parallite.tracing."))
                    .noneMatch(line -> line.contains("io.opentelemetry."));
        }
    }
}
