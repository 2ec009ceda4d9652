package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the daemon keeps, and for how long: results, and replies that nobody reads. */
final class MemoryIT {

    private static final int MEGABYTE = 1 << 20;

    @Test
    void holdsSlowReaderWhileOthersAreServed() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "2")
                                .json("{\"result_cache_bytes\": 0}")
                                .startAtRest();
                TestClient slow = daemon.connect();
                TestClient other = daemon.connect()) {
            String megabyte = closure("fn () => str_repeat('x', 1 << 20)");
            for (int i = 0; i < 200; i++) {
                slow.send(task("slow-" + i, megabyte));
            }

            for (int i = 0; i < 20; i++) {
                other.submit("other-" + i, closure("fn () => 'quick'")).assertResult("quick");
            }

            assertThat(daemon.stats().tasks("completed")).as("held at a few").isLessThan(20 + 20);
            assertThat(Processes.memory(daemon.pid(), "VmHWM") / MEGABYTE).isLessThan(300);
            for (int i = 0; i < 200; i++) {
                assertThat(slow.receive("slow-" + i).text("result")).hasSize(MEGABYTE);
            }
            daemon.assertRestored();
        }
    }

    @Test
    void goesOnAfterSlowReaderHasGone() {
        try (DaemonProcess daemon =
                daemon("--fixed-workers", "1", "--max-workers", "1").startAtRest()) {
            try (TestClient slow = daemon.connect()) {
                for (int i = 0; i < 30; i++) {
                    slow.send(task("slow-" + i, closure("fn () => str_repeat('x', 1 << 20)")));
                }
                assertThat(slow.isSilentFor(Duration.ofSeconds(10))).isFalse();
            }

            try (TestClient other = daemon.connect()) {
                other.submit("other", closure("fn () => 'served'")).assertResult("served");
            }
            daemon.assertRestored();
        }
    }

    @Test
    void holdsReaderThatOnlyAsks() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "none").startAtRest();
                TestClient slow = daemon.connect()) {
            byte[] stats = Encoding.JSON.encode(request("stats", "stats"));
            byte[] many = new byte[stats.length * 200_000];
            for (int i = 0; i < many.length; i++) {
                many[i] = stats[i % stats.length];
            }

            int taken = slow.sendUntilHeld(many, Duration.ofMillis(500));

            assertThat(taken)
                    .as("bytes of requests taken, replies unread")
                    .isLessThan(many.length / 4);
            try (TestClient other = daemon.connect()) {
                assertThat(other.call(request("ping", "p")).ok()).isTrue();
            }
        }
    }

    @Test
    void givesMemoryBackWhenThereIsNothingToDo() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "2")
                                .json("{\"result_cache_bytes\": 0}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            long atRest = Processes.memory(daemon.pid(), "VmRSS");
            long busy = atRest;
            for (int round = 0; busy <= atRest + atRest / 2; round++) {
                assertThat(round).as("rounds in which the heap has not grown").isLessThan(10);
                receiveResultsOf(700_000, client);
                busy = Processes.memory(daemon.pid(), "VmRSS");
            }

            long middle = (atRest + busy) / 2;
            await().until(() -> Processes.memory(daemon.pid(), "VmRSS") < middle);
            daemon.assertRestored();
        }
    }

    @Test
    void doesNotGrowWithLargeResultsThatAreReadAtOnce() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "2")
                                .json("{\"result_cache_bytes\": 0}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            long atRest = Processes.memory(daemon.pid(), "VmRSS");

            receiveResultsOf(MEGABYTE, client);

            assertThat(Processes.memory(daemon.pid(), "VmHWM")).isLessThan(2 * atRest);
            daemon.assertRestored();
        }
    }

    /** 800 results, 16 at a time. */
    private static void receiveResultsOf(int bytes, TestClient client) {
        String large = closure("fn () => str_repeat('x', %d)".formatted(bytes));
        for (int i = 0; i < 50; i++) {
            for (int k = 0; k < 16; k++) {
                client.send(task(i + "-" + k, large));
            }
            for (int k = 0; k < 16; k++) {
                assertThat(client.receive(i + "-" + k).ok()).isTrue();
            }
        }
    }

    @Test
    @DisplayName("Line 16: kept results are bounded in bytes, the oldest go first")
    void forgetsTheOldestResults() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .json("{\"result_cache_bytes\": 1000000}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            String payload = closure("fn () => str_repeat('x', 100000)");

            for (int i = 0; i < 30; i++) {
                assertThat(client.submit("task-" + i, payload).ok()).isTrue();
                assertThat(daemon.stats().cache("bytes")).isLessThanOrEqualTo(1_000_000);
            }

            assertThat(daemon.stats().cache("entries")).isBetween(5L, 9L);
            client.call(request("await", "task-0")).assertFailure("NOT_FOUND", "task-0");
            client.call(request("status", "task-15")).assertFailure("NOT_FOUND");
            assertThat(client.call(request("await", "task-29")).text("result")).hasSize(100_000);
            daemon.assertRestored();
        }
    }

    @Test
    @DisplayName("Line 16: a result over the whole bound is given and not kept")
    void keepsNoResultLargerThanTheBound() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .json("{\"result_cache_bytes\": 10000}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Reply reply = client.submit("large", closure("fn () => str_repeat('x', 20000)"));

            assertThat(reply.text("result")).hasSize(20_000);
            client.call(request("await", "large")).assertFailure("NOT_FOUND");
            assertThat(daemon.stats().cache("entries")).isZero();
        }
    }
}
