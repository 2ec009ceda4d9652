package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One task under one {@code task_id}, however many ask for it, and over whichever connection. */
final class TaskIdentityIT {

    /** Leaves a trace of each of its runs. */
    private static final String TRACED =
            "function () { file_put_contents('%s', 'x', FILE_APPEND); usleep(400000); return uniqid(); }";

    private static DaemonProcess daemon;
    private static int ids;
    private TestClient json = daemon.connect();
    private TestClient other = daemon.connect();
    private TestClient binary = daemon.connect(Encoding.MESSAGE_PACK);

    @BeforeAll
    static void start() {
        daemon = daemon("--fixed-workers", "2", "--max-workers", "2").startAtRest();
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    @AfterEach
    void nothingIsLeft() {
        daemon.assertRestored();
        json.close();
        other.close();
        binary.close();
    }

    private static String id() {
        return "task-" + ++ids;
    }

    enum Submitter {
        SAME_CONNECTION,
        OTHER_CONNECTION,
        OTHER_ENCODING
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("Line 12: a task submitted twice runs once, and both submits are answered")
    void runsTaskThatIsSubmittedTwiceOnce(Submitter submitter) {
        String id = id();
        var trace = daemon.directory().resolve(id + ".trace");
        String payload = closure(TRACED.formatted(trace));
        TestClient second =
                switch (submitter) {
                    case SAME_CONNECTION -> json;
                    case OTHER_CONNECTION -> other;
                    case OTHER_ENCODING -> binary;
                };

        json.send(task(id, payload));
        second.send(task(id, payload));
        Object first = json.receive(id).result();

        second.receive(id).assertResult(first);
        other.submit(id, payload).assertResult(first);
        binary.submit(id, payload).assertResult(first);
        assertThat(trace).hasContent("x");
    }

    @Test
    @DisplayName("Line 12: another payload under the same id is a conflict, in flight and after")
    void refusesAnotherPayloadUnderTheSameId() {
        String id = id();
        Gate gate = Gate.of(daemon);
        json.send(task(id, gate.task()));
        await().until(() -> other.call(request("status", id)).ok());

        other.submit(id, sleep(301)).assertFailure("CONFLICT", id, "in flight");
        gate.open();
        json.receive(id).assertResult("passed");
        binary.submit(id, sleep(301)).assertFailure("CONFLICT", id, "retained");
    }

    @Test
    @DisplayName("Line 12: an empty, missing or overlong id is refused")
    void refusesTaskWithoutId() {
        json.submit("", sleep(1)).assertFailure("INVALID_REQUEST", "task_id is empty");
        json.sendBody("{\"payload\":\"x\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .receiveNext()
                .assertFailure("INVALID_REQUEST", "task_id is missing");
        json.sendBody(
                        "{\"task_id\":7,\"payload\":\"x\"}"
                                .getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .receiveNext()
                .assertFailure("INVALID_REQUEST", "task_id", "string");
        json.send(task("x".repeat(300), "x"))
                .receiveNext()
                .assertFailure("INVALID_REQUEST", "300", "255");
    }

    @Test
    @DisplayName(
            "Line 2: a task that another connection is submitting can be awaited, in any encoding")
    void awaitsTaskOfAnotherConnection() {
        String id = id();
        json.send(task(id, sleep(400)));
        await().until(() -> other.call(request("status", id)).ok());

        other.send(request("await", id));
        binary.send(request("await", id));

        json.receive(id).assertResult("slept");
        other.receive(id).assertResult("slept");
        binary.receive(id).assertResult("slept");
    }

    @Test
    @DisplayName(
            "Line 2: an unknown id that is awaited is not found, and can be submitted afterwards")
    void awaitOfUnknownIdPoisonsNothing() {
        String id = id();

        for (TestClient client : new TestClient[] {json, other, binary}) {
            client.call(request("await", id)).assertFailure("NOT_FOUND", id);
            client.call(request("status", id)).assertFailure("NOT_FOUND", id);
        }

        json.submit(id, sleep(1)).assertResult("slept");
        other.call(request("await", id)).assertResult("slept");
    }

    @Test
    @DisplayName("Line 2: awaits and submits of the same ids from many connections at once")
    void survivesAwaitsThatRaceWithSubmits() {
        for (int round = 0; round < 200; round++) {
            String id = id();
            other.send(request("await", id));
            json.send(task(id, "strtoupper"));
            binary.send(request("await", id));
        }

        for (int i = ids - 199; i <= ids; i++) {
            json.receive("task-" + i);
            assertThat(other.receive("task-" + i).errorCode()).isIn("NOT_FOUND", "EXCEPTION");
            assertThat(binary.receive("task-" + i).errorCode()).isIn("NOT_FOUND", "EXCEPTION");
        }
    }

    @Test
    void goesOnWithTheTaskOfAClientThatHasGone() {
        String id = id();
        Gate gate = Gate.of(daemon);
        try (TestClient gone = daemon.connect()) {
            gone.send(task(id, gate.task()));
            await().until(() -> daemon.stats().busy() == 1);
        }

        other.send(request("await", id));
        gate.open();
        other.receive(id).assertResult("passed");
    }

    @Test
    void acknowledgesDetachedTaskAtOnce() {
        String id = id();
        Map<String, Object> detached = task(id, sleep(3000));
        detached.put("detach", true);

        assertThat(json.call(detached).fields())
                .containsEntry("ok", true)
                .containsEntry("accepted", true);

        assertThat(binary.call(request("status", id)).text("status"))
                .as("acknowledged before its end")
                .isIn("pending", "running");
        binary.call(request("await", id)).assertResult("slept");
        assertThat(json.isSilentFor(Duration.ofMillis(100))).isTrue();
    }

    @Test
    void tellsStatusAndTimes() {
        String first = id();
        String second = id();
        String third = id();
        Gate gate = Gate.of(daemon);
        String waits = closure("function () { usleep(400000); %s }".formatted(gate.await()));
        json.send(task(first, waits)).send(task(second, waits)).send(task(third, "no such"));
        await().until(() -> daemon.stats().busy() == 2);

        assertThat(other.call(request("status", first)).text("status")).isEqualTo("running");
        assertThat(other.call(request("status", third)).text("status")).isEqualTo("pending");
        gate.open();
        json.receive(first);
        json.receive(third);

        Reply done = other.call(request("status", first));
        assertThat(done.text("status")).isEqualTo("completed");
        assertThat(other.call(request("status", third)).text("status")).isEqualTo("failed");
        Instant started = Instant.parse(done.text("started_at"));
        Instant completed = Instant.parse(done.text("completed_at"));
        assertThat(Instant.parse(done.text("submitted_at"))).isBeforeOrEqualTo(started);
        assertThat(Duration.between(started, completed))
                .isGreaterThanOrEqualTo(Duration.ofMillis(390));
        json.receive(second);
    }

    @Test
    void tellsVersionAndFigures() {
        json.submit("figures", closure("fn () => 1")).assertResult(1);
        Reply ping = binary.call(request("ping", "p"));
        Stats stats = daemon.stats();

        assertThat(ping.text("version")).matches("\\d+\\.\\d+\\.\\d+.*");
        assertThat(ping.number("pid")).isEqualTo(daemon.pid());
        assertThat(stats.workers())
                .extracting(Stats.Worker::name)
                .containsExactly("work-1", "work-2");
        assertThat(stats.tasks("submitted"))
                .isEqualTo(stats.tasks("completed") + stats.tasks("failed"));
        assertThat(stats.cache("entries")).isPositive();
    }
}
