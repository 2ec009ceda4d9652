package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Workers that are replaced though they could go on: none of it may lose a task. */
final class WorkerLifeIT {

    private static final String WHO = "fn () => getmypid()";

    /** A worker on the standard streams that knows nothing of limits, and tells its environment. */
    private static final String PLAIN =
            """
            <?php
            $keep = '';
            while (($head = fread(STDIN, 4)) !== '' && $head !== false) {
                $task = json_decode(stream_get_contents(STDIN, unpack('N', $head)[1]), true);
                $keep .= str_repeat('x', (int) $task['payload'] << 20);
                $reply = ['task_id' => $task['task_id'], 'ok' => true, 'result' => [
                    'pid' => getmypid(),
                    'env' => array_filter(getenv(), fn ($k) => str_starts_with($k, 'PARALLITE_'), ARRAY_FILTER_USE_KEY),
                ]];
                $body = json_encode($reply);
                fwrite(STDOUT, pack('N', strlen($body)) . $body);
            }
            """;

    /** Keeps bytes in the code of a function, which no process of PHP can forget. */
    private static final String KEEP =
            """
            <?php
            function keep(int $bytes): int {
                eval('function ' . uniqid('kept_') . '() { return "' . str_repeat('x', $bytes) . '"; }');
                return getmypid();
            }
            """;

    @Test
    void replacesWorkerAfterItsTasks() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .json("{\"worker_max_tasks\": 5}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            List<Object> pids =
                    IntStream.range(0, 15)
                            .mapToObj(i -> client.submit("task-" + i, closure(WHO)).result())
                            .toList();

            assertThat(pids.subList(0, 5)).containsOnly(pids.getFirst());
            assertThat(pids.subList(5, 10)).containsOnly(pids.get(5));
            assertThat(new HashSet<>(pids)).hasSize(3);
            await().until(() -> daemon.stats().restarts() == 3);
            daemon.assertRestored();
        }
    }

    /** In the second case each task keeps 512 KiB, which is not put back after it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    "worker_max_tasks": 50, "worker_ttl_ms": 300            | fn () => getmypid()
                    "worker_max_memory_mb": 64, "php_includes": ["keep.php"] | fn () => keep(1 << 19)
                    """)
    void losesNoTaskWhileWorkersAreRecycledUnderLoad(String settings, String code) {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "4")
                                .file("keep.php", KEEP)
                                .json("{" + settings + "}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            String payload = closure(code);
            for (int i = 0; i < 2000; i++) {
                client.send(task("task-" + i, payload));
            }

            Set<Object> pids = new HashSet<>();
            for (int i = 0; i < 2000; i++) {
                Reply reply = client.receive("task-" + i);
                assertThat(reply.ok()).as(reply.toString()).isTrue();
                pids.add(reply.result());
            }
            assertThat(pids).as("workers").hasSizeGreaterThan(8);
        }
    }

    @Test
    void scriptThatKnowsNoLimitsIsHeldToThem() {
        DaemonBuilder builder =
                daemon("--fixed-workers", "1", "--max-workers", "2")
                        .json("{\"worker_max_memory_mb\": 64, \"worker_max_tasks\": 1000}");
        builder.file("plain.php", PLAIN).script(builder.project().resolve("plain.php"));
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            Reply first = new Reply(client.submit("small", "0").map("result"));
            assertThat(first.map("env"))
                    .containsEntry("PARALLITE_WORKER_MAX_TASKS", "1000")
                    .containsEntry("PARALLITE_WORKER_MAX_MEMORY_MB", "64")
                    .containsEntry("PARALLITE_EVENTS", "1");

            await().pollInterval(Duration.ofMillis(300))
                    .until(
                            () -> {
                                String id = "task-" + System.nanoTime();
                                Reply reply = client.submit(id, "40");
                                return reply.ok()
                                        && new Reply(reply.map("result")).number("pid")
                                                != first.number("pid");
                            });
            daemon.assertRestored();
        }
    }

    @Test
    void onDemandWorkersAreHeldToTheirLimitOfTasks() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "none", "--max-workers", "1")
                                .json("{\"worker_max_tasks\": 3, \"worker_start\": \"exec\"}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            for (int i = 0; i < 9; i++) {
                client.send(task("task-" + i, closure(WHO)));
            }

            Map<Object, Long> tasks =
                    IntStream.range(0, 9)
                            .mapToObj(i -> client.receive("task-" + i).result())
                            .collect(Collectors.groupingBy(pid -> pid, Collectors.counting()));

            assertThat(tasks).hasSize(3);
            assertThat(tasks.values()).containsOnly(3L);
            daemon.assertRestored();
        }
    }

    @Test
    void onDemandWorkerIsAsCleanForItsNextTaskAsAPersistentOne() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "none", "--max-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(
                    task(
                            "first",
                            closure(
                                    "function () { putenv('LEFT=1'); ini_set('precision', '5'); return getmypid(); }")));
            client.send(
                    task(
                            "second",
                            closure(
                                    "fn () => [getmypid(), getenv('LEFT'), ini_get('precision')]")));

            Object pid = client.receive("first").result();
            assertThat(client.receive("second").result())
                    .asInstanceOf(InstanceOfAssertFactories.LIST)
                    .startsWith(pid, false)
                    .doesNotContain("5");
        }
    }

    @Test
    void onDemandWorkerStaysUntilItHasBeenIdle() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "none")
                                .json("{\"worker_idle_ms\": 4000}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Object first = client.submit("a", closure(WHO)).result();
            Object second = client.submit("b", closure(WHO)).result();

            assertThat(second).isEqualTo(first);
            assertThat(daemon.stats().idle()).isEqualTo(1);
            await().untilAsserted(() -> assertThat(daemon.workerTrees()).isEmpty());
            assertThat(client.submit("c", closure(WHO)).result()).isNotEqualTo(first);
        }
    }

    @Test
    void replacesOldWorkersOnlyBetweenTasks() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .json("{\"worker_ttl_ms\": 500}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            long before = daemon.stats().workers().getFirst().pid();

            client.submit("long", sleep(1500)).assertResult("slept");

            List<Long> after = new ArrayList<>();
            await().until(
                            () -> {
                                after.clear();
                                daemon.stats().workers().forEach(w -> after.add(w.pid()));
                                return !after.isEmpty() && !after.contains(before);
                            });
            client.submit("next", closure("fn () => 1")).assertResult(1);
        }
    }
}
