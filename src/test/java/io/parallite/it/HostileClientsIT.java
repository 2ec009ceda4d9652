package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that send nonsense, stop in the middle, do not read, ask without end or leave: the daemon
 * lives on, others are served, and nothing is left.
 */
@DisplayName("Line 23: no client ends, stops or fills the daemon")
final class HostileClientsIT {

    private static final String SLEEP = closure("fn () => sleep(60)");
    private static final int MEGABYTE = 1 << 20;

    private static DaemonBuilder bounded(int megabytes, String more) {
        return daemon("--fixed-workers", "2", "--max-workers", "2")
                .json("{\"max_inflight_bytes\": %d%s}".formatted(megabytes * MEGABYTE, more));
    }

    private static void assertServed(DaemonProcess daemon) {
        try (TestClient other = daemon.connect()) {
            other.call(request("ping", "p"));
            assertThat(other.call(request("ping", "p")).ok()).isTrue();
        }
    }

    private static void assertRuns(DaemonProcess daemon, String id) {
        try (TestClient other = daemon.connect()) {
            other.submit(id, closure("fn () => 'served'")).assertResult("served");
        }
    }

    private static void closeAll(List<TestClient> clients) {
        clients.forEach(TestClient::close);
    }

    /** Frames that are valid, mutated, cut or nothing, from clients that read, wait or leave. */
    @ParameterizedTest
    @ValueSource(longs = {20261129, 7})
    void framesHalfFramesAndLeavers(long seed) {
        Random random = new Random(seed);
        try (DaemonProcess daemon = daemon("--fixed-workers", "2").startAtRest()) {
            List<TestClient> open = new ArrayList<>();
            for (int round = 0; round < 600; round++) {
                TestClient client = daemon.connect();
                try {
                    client.sendBytes(bytes(random, round));
                } catch (UncheckedIOException e) {
                    // closed in the middle: it may be
                }
                if (random.nextInt(3) == 0) {
                    open.add(client);
                } else {
                    client.close();
                }
                if (round % 50 == 0) {
                    assertServed(daemon);
                }
            }
            assertRuns(daemon, "after");
            closeAll(open);
            assertThat(daemon.log()).doesNotContain("ERROR", "\tat ");
            daemon.assertRestored();
        }
    }

    private static byte[] bytes(Random random, int round) {
        Encoding encoding = random.nextBoolean() ? Encoding.JSON : Encoding.MESSAGE_PACK;
        byte[] frame =
                encoding.encode(
                        random.nextBoolean()
                                ? task("fuzz-" + round, "pi")
                                : request(type(random), "fuzz-" + random.nextInt(50)));
        return switch (random.nextInt(5)) {
            case 0 -> Arrays.copyOf(frame, random.nextInt(frame.length));
            case 1 -> {
                frame[4 + random.nextInt(frame.length - 4)] ^= (byte) (1 << random.nextInt(8));
                yield frame;
            }
            case 2 -> {
                byte[] nonsense = new byte[1 + random.nextInt(3000)];
                random.nextBytes(nonsense);
                yield nonsense;
            }
            case 3 -> ByteBuffer.allocate(5).putInt(random.nextInt()).put((byte) '{').array();
            default -> frame;
        };
    }

    private static String type(Random random) {
        String[] types = {"await", "tail", "status", "cancel", "tasks", "ping", "stats", "submit"};
        return types[random.nextInt(types.length)];
    }

    @Test
    void frameThatStopsIsAnsweredAndItsConnectionClosed() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .json("{\"frame_timeout_ms\": 300}")
                                .startAtRest();
                TestClient header = daemon.connect();
                TestClient half = daemon.connect();
                TestClient idle = daemon.connect()) {
            byte[] frame = Encoding.JSON.encode(task("half", "x".repeat(1000)));
            header.sendBytes(new byte[] {0, 0});
            half.sendBytes(Arrays.copyOf(frame, 600));

            half.receive("half").assertFailure("FRAME_TIMEOUT", "frame_timeout_ms=300");
            header.receive("").assertFailure("FRAME_TIMEOUT");
            assertThat(half.isClosedWithin(TestClient.PATIENCE)).isTrue();
            assertThat(header.isClosedWithin(TestClient.PATIENCE)).isTrue();
            assertThat(idle.submit("idle", closure("fn () => 1")).ok())
                    .as("between two frames there is no limit")
                    .isTrue();
        }
    }

    @Test
    void timeInWhichTheDaemonDoesNotRunIsNotCountedAgainstAClient() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .json("{\"frame_timeout_ms\": 5000}")
                                .startAtRest();
                TestClient half = daemon.connect();
                TestClient other = daemon.connect()) {
            byte[] frame = Encoding.JSON.encode(task("half", closure("fn () => 1")));
            half.sendBytes(Arrays.copyOf(frame, 20));
            assertThat(half.isSilentFor(Duration.ofMillis(600))).as("it is watched").isTrue();

            daemon.signal("STOP");
            assertThat(half.isSilentFor(Duration.ofSeconds(6))).isTrue();
            daemon.signal("CONT");

            other.call(request("ping", "ping"));
            assertThat(half.isSilentFor(Duration.ofMillis(600))).isTrue();
            half.sendBytes(Arrays.copyOfRange(frame, 20, frame.length));
            half.receive("half").assertResult(1);
        }
    }

    @Test
    void largeFramesThatStopDoNotStarveThoseOfOthers() {
        try (DaemonProcess daemon = bounded(4, "").startAtRest()) {
            List<TestClient> begun = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                begun.add(daemon.connect());
                byte[] start = new byte[100_000];
                ByteBuffer.wrap(start).putInt(2 * MEGABYTE).put((byte) '{');
                begun.getLast().sendBytes(start);
            }

            try (TestClient other = daemon.connect()) {
                String large = closure("fn () => strlen('" + "x".repeat(500_000) + "')");
                other.submit("large", large).assertResult(500_000);
            }
            closeAll(begun);
            daemon.assertRestored();
        }
    }

    @Test
    void whoLeavesWhileWaitingForRoomStandsInNobodysWay() {
        try (DaemonProcess daemon = bounded(1, "").startAtRest();
                TestClient holder = daemon.connect()) {
            String padding = "x".repeat(900_000);
            Map<String, Object> holds = task("holds", SLEEP);
            holds.put("context", padding);
            holder.send(holds);
            for (int i = 0; i < 200; i++) {
                try (TestClient leaver = daemon.connect()) {
                    leaver.sendUntilHeld(
                            Encoding.JSON.encode(task("leaves-" + i, padding)), Duration.ZERO);
                }
            }
            holder.call(request("cancel", "holds"));

            try (TestClient other = daemon.connect()) {
                Map<String, Object> next = task("next", closure("fn () => 'served'"));
                next.put("context", padding);
                other.call(next).assertResult("served");
            }
            daemon.assertRestored();
        }
    }

    @Test
    void smallRequestsAreRefusedWhenTheyFillTheMemory() {
        try (DaemonProcess daemon = bounded(1, "").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(task("long-1", SLEEP)).send(task("long-2", SLEEP));
            List<TestClient> hogs = new ArrayList<>();
            int refused = 0;
            for (int k = 0; k < 4; k++) {
                TestClient hog = daemon.connect();
                hogs.add(hog);
                for (int i = 0; i < 200; i++) {
                    Map<String, Object> small = task("small-%d-%d".formatted(k, i), "pi");
                    small.put("context", "x".repeat(2000));
                    small.put("detach", true);
                    Reply reply = hog.call(small);
                    if (!reply.ok()) {
                        reply.assertFailure("BUDGET_EXCEEDED", "max_inflight_bytes", "raise");
                        refused++;
                        break;
                    }
                }
            }

            assertThat(refused).as("clients that were refused").isPositive();
            assertServed(daemon);
            client.call(request("cancel", "long-1"));
            client.call(request("cancel", "long-2"));
            closeAll(hogs);
            daemon.awaitRest();
            assertRuns(daemon, "after");
            daemon.assertRestored();
        }
    }

    @Test
    void clientsThatDoNotReadLargeResultsGiveWayToOthers() {
        try (DaemonProcess daemon =
                bounded(4, ", \"result_cache_bytes\": 0").jvm("-Xmx96m").startAtRest()) {
            List<TestClient> slow = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                slow.add(daemon.connect());
                slow.getLast()
                        .send(task("slow-" + i, closure("fn () => str_repeat('x', 3 << 20)")));
            }

            try (TestClient other = daemon.connect()) {
                Reply reply =
                        other.send(task("large", closure("fn () => str_repeat('y', 2 << 20)")))
                                .receive("large", Duration.ofMinutes(2));
                assertThat(reply.text("result")).hasSize(2 << 20);
            }
            assertThat(daemon.log()).contains("does not read its replies is disconnected");
            closeAll(slow);
            daemon.assertRestored();
        }
    }

    @Test
    void awaitsWithoutEndTakeNoMemoryAndAreAllAnswered() {
        int awaits = 100_000;
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .jvm("-Xmx96m")
                                .startAtRest();
                TestClient client = daemon.connect();
                TestClient leaver = daemon.connect()) {
            Map<String, Object> longTask = task("long", closure("fn () => sleep(30)"));
            longTask.put("detach", true);
            client.call(longTask);
            byte[] many = repeated(request("await", "long"), awaits);
            client.sendBytes(many);
            leaver.sendUntilHeld(
                    repeated(request("await", "long"), 500_000), Duration.ofSeconds(2));
            leaver.close();
            assertServed(daemon);

            try (TestClient other = daemon.connect()) {
                other.call(request("cancel", "long"));
            }
            for (int i = 0; i < awaits; i++) {
                client.receiveNext().assertFailure("CANCELLED");
            }
            daemon.assertRestored();
        }
    }

    @Test
    void listsOfTasksWithoutEndHoldNobodyUp() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .jvm("-Xmx96m")
                                .startAtRest();
                TestClient client = daemon.connect();
                TestClient lister = daemon.connect()) {
            for (int i = 0; i < 500; i++) {
                Map<String, Object> waits = task("é".repeat(200) + i, SLEEP);
                waits.put("detach", true);
                client.call(waits);
            }
            Map<String, Object> list = request("tasks", "list");
            list.put("limit", 1000);
            lister.sendUntilHeld(repeated(list, 2000), Duration.ofSeconds(1));

            for (int i = 0; i < 20; i++) {
                assertServed(daemon);
            }
            assertThat(lister.receive("list").list("tasks")).hasSize(500);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":", "9"})
    void requestsThatAreNothingButOneThingCostNoMoreThanOthers(String thing) {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").jvm("-Xmx96m").startAtRest();
                TestClient client = daemon.connect()) {
            String body =
                    "{\"task_id\":\"n\",\"payload\":\"pi\",\"more\":"
                            + thing.repeat(5_000_000 / thing.length());
            client.sendBody(body.getBytes(UTF_8));
            assertServed(daemon);

            client.receive("n").assertFailure("MALFORMED_FRAME");
            client.submit("after", closure("fn () => 1")).assertResult(1);
            daemon.assertRestored();
        }
    }

    @Test
    void resultsAreTranslatedWhileOthersAreServed() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1").startAtRest();
                TestClient packed = daemon.connect(Encoding.MESSAGE_PACK)) {
            packed.send(
                    task(
                            "numbers",
                            closure(
                                    "function () { sleep(1); return array_fill(0, 500_000, 7); }")));
            try (TestClient other = daemon.connect()) {
                await().until(() -> other.call(request("status", "numbers")).ok());
            }
            List<TestClient> clients =
                    IntStream.range(0, 20)
                            .mapToObj(i -> daemon.connect().send(request("await", "numbers")))
                            .toList();
            assertThat(packed.receive("numbers").ok()).isTrue();
            assertServed(daemon);

            for (TestClient client : clients) {
                assertThat((List<?>) client.receive("numbers").result())
                        .hasSize(500_000)
                        .first()
                        .hasToString("7");
                client.close();
            }
            daemon.assertRestored();
        }
    }

    @Test
    void workersAreReplacedWhileAllConnectionsAreTaken() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "2")
                                .under("sh", "-c", "ulimit -n 260; exec \"$0\" \"$@\"")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            List<TestClient> others = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                others.add(daemon.connect());
            }

            client.submit("dies", closure("fn () => posix_kill(getmypid(), 9)"));
            client.submit("next", closure("fn () => 'served'")).assertResult("served");
            closeAll(others);
            assertRuns(daemon, "after");
            daemon.assertRestored();
        }
    }

    @Test
    void refusesToKeepMoreResultsThanThereIsMemoryFor() {
        DaemonProcess.Ended ended =
                daemon().json("{\"result_cache_bytes\": 268435456}")
                        .jvm("-XX:MaxDirectMemorySize=64m")
                        .run();

        assertThat(ended.exitCode()).isEqualTo(78);
        assertThat(ended.log()).contains("result_cache_bytes=268435456", "MaxDirectMemorySize");
    }

    private static byte[] repeated(Map<String, Object> request, int times) {
        byte[] one = Encoding.JSON.encode(request);
        byte[] many = new byte[one.length * times];
        for (int i = 0; i < times; i++) {
            System.arraycopy(one, 0, many, i * one.length, one.length);
        }
        return many;
    }
}
