package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How many tasks run at a time, on which workers, and what becomes of the others. */
final class PoolIT {

    private static final String WHO =
            "function () { usleep(100000); return getenv('WORKER_NAME') . ' ' . getmypid(); }";

    @Test
    @DisplayName("Lines 7, 14: ten tasks of one connection run at the same time")
    void runsPipelinedTasksSideBySide() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            Path there = daemon.directory().resolve("project/there");
            String meetsTheOthers =
                    closure(
                            """
                            function () {
                                file_put_contents('%1$s', '.', FILE_APPEND | LOCK_EX);
                                for ($i = 0; $i < 10_000 && filesize('%1$s') < 10; $i++) {
                                    usleep(5_000);
                                    clearstatcache();
                                }
                                return filesize('%1$s');
                            }"""
                                    .formatted(there));
            for (int i = 0; i < 10; i++) {
                client.send(task("task-" + i, meetsTheOthers));
            }

            // none of them ends before all have begun, or time is up
            IntStream.range(0, 10).forEach(i -> client.receive("task-" + i).assertResult(10));
            daemon.assertRestored();
        }
    }

    @Test
    @DisplayName("Line 7: 120 tasks at once never make more than max_workers processes")
    void neverExceedsMaxWorkers() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "6").startAtRest();
                TestClient client = daemon.connect()) {
            String payload = closure(WHO);
            for (int i = 0; i < 120; i++) {
                client.send(task("task-" + i, payload));
            }

            int most = 0;
            Set<String> answers = new HashSet<>();
            for (int i = 0; i < 120; i++) {
                most = Math.max(most, daemon.workerTrees().size());
                answers.add((String) client.receive("task-" + i).result());
            }

            assertThat(most).isBetween(3, 6);
            assertThat(answers).as("workers, each of which served all the time").hasSize(6);
            assertThat(answers.stream().filter(who -> who.contains("temp")))
                    .hasSize(4)
                    .allMatch(who -> who.matches("work-temp-\\d{13} \\d+"));
            daemon.assertRestored();
        }
    }

    @Test
    void servesOnDemandOnlyWithoutFixedWorkers() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "none", "--prefix-name", "php")
                                .json("{\"worker_idle_ms\": 0, \"worker_start\": \"exec\"}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            String first = (String) client.submit("a", closure(WHO)).result();
            String second = (String) client.submit("b", closure(WHO)).result();

            assertThat(first).startsWith("php-temp-").isNotEqualTo(second);
            daemon.assertRestored();
        }
    }

    @Test
    void refusesTaskWhenTheQueueIsFull() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .json("{\"max_queue\": 2}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Gate gate = Gate.of(daemon);
            client.send(task("running", gate.task()));
            StoppingIT.awaitBusy(daemon, 1);
            client.send(task("queued-1", sleep(1))).send(task("queued-2", sleep(1)));

            client.submit("refused", sleep(1)).assertFailure("QUEUE_FULL", "max_queue=2");

            gate.open();
            client.receive("queued-1").assertResult("slept");
            client.receive("queued-2").assertResult("slept");
            client.submit("refused", sleep(1)).assertResult("slept");
            daemon.assertRestored();
        }
    }

    @Test
    void refusesTaskThatHasWaitedTooLong() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .json("{\"queue_timeout_ms\": 200}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Gate gate = Gate.of(daemon);
            client.send(task("running", gate.task()));
            StoppingIT.awaitBusy(daemon, 1);
            long since = System.nanoTime();

            client.submit("late", sleep(1)).assertFailure("QUEUE_TIMEOUT", "queue_timeout_ms=200");

            assertThat(Duration.ofNanos(System.nanoTime() - since))
                    .isGreaterThanOrEqualTo(Duration.ofMillis(200));
            gate.open();
            client.receive("running").assertResult("passed");
            daemon.assertRestored();
        }
    }

    @Test
    void servesClientsInTurn() throws IOException {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1").startAtRest();
                TestClient greedy = daemon.connect();
                TestClient modest = daemon.connect()) {
            Gate gate = Gate.of(daemon);
            greedy.send(task("first", gate.task()));
            for (int i = 0; i < 100; i++) {
                greedy.send(task("greedy-" + i, traced("greedy", daemon)));
            }
            await().until(() -> daemon.stats().queued() == 100);
            modest.send(task("modest", traced("modest", daemon)));
            await().until(() -> daemon.stats().queued() == 101);

            gate.open();

            modest.receive("modest").assertResult("modest");
            IntStream.range(0, 100).forEach(i -> greedy.receive("greedy-" + i));
            assertThat(trace(daemon)).content().hasLineCount(101);
            assertThat(Files.readAllLines(trace(daemon)).indexOf("modest"))
                    .as("the greedy client's that ran before")
                    .isLessThan(20);
            daemon.assertRestored();
        }
    }

    private static Path trace(DaemonProcess daemon) {
        return daemon.directory().resolve("trace");
    }

    /** Notes that it ran, gives {@code word} and takes its time. */
    private static String traced(String word, DaemonProcess daemon) {
        return closure(
                "function () { file_put_contents('%2$s', \"%1$s\\n\", FILE_APPEND); usleep(5000); return '%1$s'; }"
                        .formatted(word, trace(daemon)));
    }

    @Test
    @DisplayName("Line 1: workers killed one after the other while idle are each replaced once")
    void replacesIdleWorkersThatAreKilled() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "3", "--max-workers", "3").startAtRest();
                TestClient client = daemon.connect()) {
            List<Long> killed = new ArrayList<>();
            for (int round = 0; round < 2; round++) {
                client.submit("before-" + round, sleep(1)).assertResult("slept");
                for (long pid : daemon.workerTrees()) {
                    killed.add(pid);
                    Processes.signal(pid, "KILL");
                }
                await().until(() -> killed.stream().noneMatch(Processes::isAlive));

                client.submit("after-" + round, sleep(1)).assertResult("slept");
                await().until(
                                () ->
                                        daemon.stats().workers().stream()
                                                .noneMatch(w -> killed.contains(w.pid())));
                daemon.assertRestored();
            }

            assertThat(daemon.stats().restarts()).isEqualTo(6);
        }
    }
}
