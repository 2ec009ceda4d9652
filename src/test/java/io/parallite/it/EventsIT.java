package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tasks that are followed while they run, and asked to end. */
final class EventsIT {

    /** An endless task would fill far more than this within the second that the test takes. */
    private static final long LARGEST_GROWTH = 96L << 20;

    private static final String REPORTS =
            "function () { B7s\\Parallite\\Task::progress(0.5, 'half way');"
                    + " B7s\\Parallite\\Task::emit(['row' => 1]);"
                    + " usleep(300000); return 'done'; }";

    private static final String EMITS_FOR_EVER =
            "function () { for (;;) { B7s\\Parallite\\Task::emit(str_repeat('x', 10000)); } }";

    private static final String OBEYS =
            "function () { while (!B7s\\Parallite\\Task::isCancelled()) { usleep(5000); } return 1; }";

    private static Map<String, Object> streamed(String id, String payload) {
        Map<String, Object> task = task(id, payload);
        task.put("stream", true);
        return task;
    }

    private static List<Reply> untilReply(TestClient client) {
        List<Reply> frames = new ArrayList<>();
        do {
            frames.add(client.receiveNext());
        } while (!frames.getLast().fields().containsKey("ok"));
        return frames;
    }

    private static List<String> kinds(List<Reply> frames) {
        return frames.stream().map(frame -> frame.text("event")).toList();
    }

    @Test
    void streamsEventsBeforeTheReplyInBothEncodings() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest()) {
            for (Encoding encoding : List.of(Encoding.JSON, Encoding.MESSAGE_PACK)) {
                try (TestClient client = daemon.connect(encoding)) {
                    client.send(streamed("a-" + encoding.hashCode(), closure(REPORTS)));

                    List<Reply> frames = untilReply(client);

                    assertThat(kinds(frames)).containsExactly("progress", "emit", "");
                    assertThat(frames.get(0).fields())
                            .containsEntry("fraction", 0.5)
                            .containsEntry("message", "half way");
                    assertThat(frames.get(1).map("value")).containsKey("row");
                    frames.get(2).assertResult("done");
                }
            }
            daemon.assertRestored();
        }
    }

    @Test
    void whoDidNotAskHearsNothingAndStatusKnowsTheProgress() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect();
                TestClient other = daemon.connect()) {
            client.send(task("a", closure(REPORTS)));
            await().until(
                            () ->
                                    other.call(request("status", "a"))
                                            .fields()
                                            .containsKey("progress"));

            assertThat(other.call(request("status", "a")).map("progress"))
                    .containsEntry("fraction", 0.5)
                    .containsEntry("message", "half way");
            client.receiveNext().assertResult("done");
        }
    }

    @Test
    void tailTellsStatesEventsAndTheReply() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1").startAtRest();
                TestClient client = daemon.connect();
                TestClient tail = daemon.connect(Encoding.MESSAGE_PACK)) {
            Gate gate = Gate.of(daemon);
            client.send(task("first", gate.task()));
            client.send(streamed("a", closure(REPORTS)));
            await().until(() -> tail.call(request("status", "a")).ok());
            tail.send(request("tail", "a"));

            List<Reply> frames = new ArrayList<>(List.of(tail.receiveNext()));
            gate.open();
            frames.addAll(untilReply(tail));

            assertThat(kinds(frames)).containsExactly("state", "state", "progress", "emit", "");
            assertThat(frames.get(0).text("status")).isEqualTo("pending");
            assertThat(frames.get(1).text("status")).isEqualTo("running");
            frames.getLast().assertResult("done");
            tail.send(request("tail", "a"));
            assertThat(kinds(untilReply(tail))).containsExactly("");
            tail.call(request("tail", "nobody")).assertFailure("NOT_FOUND", "nobody");
        }
    }

    @Test
    void workerWaitsForClientThatDoesNotReadAndNobodyElseDoes() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2").startAtRest()) {
            TestClient slow = daemon.connect();
            slow.send(streamed("endless", closure(EMITS_FOR_EVER)));
            long before = Processes.memory(daemon.pid(), "VmRSS");
            for (int i = 0; i < 20; i++) {
                try (TestClient other = daemon.connect()) {
                    other.submit("other-" + i, sleep(50)).assertResult("slept");
                }
            }

            assertThat(Processes.memory(daemon.pid(), "VmRSS") - before).isLessThan(LARGEST_GROWTH);

            slow.close();
            try (TestClient other = daemon.connect()) {
                assertThat(other.call(request("cancel", "endless")).fields())
                        .containsEntry("cancelled", true);
            }
            daemon.assertRestored();
        }
    }

    @Test
    void holdsOneTaskWhileAnotherOfTheSameConnectionGoesOn() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(streamed("endless", closure(EMITS_FOR_EVER)));
            assertThat(client.receiveNext().text("event")).isEqualTo("emit");

            client.send(request("hold", "endless"));
            List<Reply> untilHeld = untilEvent(client, "held");
            client.send(streamed("short", closure(REPORTS)));
            List<Reply> afterwards = untilReply(client);

            assertThat(untilHeld).isNotEmpty();
            afterwards.getLast().assertResult("done");
            assertThat(afterwards.stream().map(Reply::taskId)).containsOnly("short");
            client.send(request("resume", "endless"));
            untilEvent(client, "resumed");
            assertThat(client.receiveNext().text("event")).isEqualTo("emit");
            assertCancelled(daemon.connect().call(cancel("endless", 0)));
        }
    }

    @Test
    void tellsNothingOfATaskThatIsHeldAndAllOfItInOrder() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            String counts =
                    "function () { for ($i = 1; $i <= 4000; $i++) { B7s\\Parallite\\Task::emit($i); }"
                            + " return 'done'; }";
            client.send(streamed("counts", closure(counts)));
            List<Reply> frames = new ArrayList<>();
            for (int round = 1; frames.stream().noneMatch(EventsIT::isEndOfCounts); round++) {
                client.send(request("hold", "counts"));
                frames.addAll(untilEvent(client, "held"));
                client.send(request("ping", "ping-" + round));
                List<Reply> whileHeld = untilReply(client);
                if (whileHeld.stream().noneMatch(EventsIT::isEndOfCounts)) {
                    assertThat(whileHeld).hasSize(1);
                }
                frames.addAll(whileHeld);
                client.send(request("resume", "counts"));
                frames.addAll(untilEvent(client, "resumed"));
            }

            assertThat(frames.stream().filter(frame -> "emit".equals(frame.text("event"))))
                    .extracting(frame -> frame.fields().get("value"))
                    .isEqualTo(IntStream.rangeClosed(1, 4000).boxed().toList());
        }
    }

    private static boolean isEndOfCounts(Reply frame) {
        return frame.taskId().equals("counts") && frame.fields().containsKey("ok");
    }

    private static List<Reply> untilEvent(TestClient client, String event) {
        List<Reply> frames = new ArrayList<>();
        do {
            frames.add(client.receiveNext());
        } while (!frames.getLast().text("event").equals(event));
        return frames;
    }

    @Test
    void othersAreAnsweredDuringAFloodOfEvents() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2")
                                .script(Distribution.fault("floods-events"))
                                .start();
                TestClient client = daemon.connect();
                TestClient other = daemon.connect()) {
            client.send(task("flood", "300000"));
            for (int i = 0; i < 100; i++) {
                other.submit("other-" + i, "ok").assertResult("ok");
            }
            client.receive("flood").assertResult("300000");
        }
    }

    @Test
    void cancelWithGraceKeepsTheWorkerThatObeysAndKillsTheOther() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1").startAtRest();
                TestClient client = daemon.connect();
                TestClient other = daemon.connect()) {
            client.send(task("obeys", closure(OBEYS)));
            awaitRunning(other, "obeys");
            assertCancelled(other.call(cancel("obeys", 10_000)));
            client.receive("obeys").assertFailure("CANCELLED", "while it ran");
            other.submit("next", closure("fn () => 'next'")).assertResult("next");
            assertThat(daemon.stats().restarts()).isZero();

            client.send(task("deaf", sleep(60_000)));
            awaitRunning(other, "deaf");
            assertCancelled(other.call(cancel("deaf", 10_000)));
            client.receive("deaf").assertFailure("CANCELLED", "while it ran");
            assertThat(daemon.stats().restarts()).as("it is answered before it ends").isZero();
            other.submit("after", closure("fn () => 'after'")).assertResult("after");
            assertThat(daemon.stats().restarts()).isOne();
            daemon.assertRestored();
        }
    }

    @Test
    void listsTasksReplacesWorkersAndStops() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2").startAtRest()) {
            try (TestClient client = daemon.connect()) {
                client.submit("fine", closure("fn () => 1")).assertResult(1);
                client.submit("broken", closure("fn () => intdiv(1, 0)"));

                List<Map<String, Object>> failed =
                        client.call(tasks("failed", "failed")).list("tasks");
                assertThat(failed).hasSize(1);
                assertThat(failed.getFirst())
                        .containsEntry("task_id", "broken")
                        .containsEntry("error_code", "EXCEPTION")
                        .containsKeys("worker", "ran_ms", "queued_ms", "completed_at");
                assertThat(client.call(tasks("all", null)).list("tasks")).hasSize(2);

                Reply reloaded = client.call(request("reload", "r"));
                assertThat(reloaded.number("replaced")).isEqualTo(2);
                await("a look at the new processes")
                        .untilAsserted(
                                () ->
                                        assertThat(client.call(request("stats", "s")).map("pool"))
                                                .extracting("workers")
                                                .asString()
                                                .contains("memory_bytes", "cpu_ms", "age_ms"));

                client.send(request("stop", "bye"));
                assertThat(client.receive("bye").fields()).containsEntry("stopping", true);
            }
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }

    private static void assertCancelled(Reply reply) {
        assertThat(reply.fields()).containsEntry("cancelled", true);
    }

    private static void awaitRunning(TestClient client, String id) {
        await().until(() -> client.call(request("status", id)).text("status").equals("running"));
    }

    private static Map<String, Object> cancel(String id, long graceMillis) {
        Map<String, Object> cancel = request("cancel", id);
        cancel.put("grace_ms", graceMillis);
        return cancel;
    }

    private static Map<String, Object> tasks(String id, @Nullable String status) {
        Map<String, Object> tasks = request("tasks", id);
        tasks.put("status", status);
        return tasks;
    }
}
