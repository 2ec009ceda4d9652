package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the log tells of workers and tasks, and that changed files reach the workers. */
final class ObservingIT {

    private static final Pattern MORE = Pattern.compile("… (\\d+) lines more");

    @Test
    void logsSlowTaskWithItsPhpStack() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .json("{\"slow_task_ms\": 300, \"php_includes\": [\"boot.php\"]}")
                                .file(
                                        "boot.php",
                                        """
                                        <?php
                                        function dawdle() {
                                            $until = hrtime(true) + 3000000000;
                                            while (hrtime(true) < $until) { sqrt(2); }
                                            return 'done';
                                        }
                                        """)
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("slow-1", closure("fn () => dawdle()")).assertResult("done");
            client.submit("quick-1", closure("fn () => 1")).assertResult(1);

            await().until(() -> daemon.log().contains("slow_task_ms=300"));
            List<String> slow =
                    daemon.log().lines().filter(line -> line.contains("slow_task_ms=300")).toList();
            assertThat(slow).hasSize(1);
            assertThat(slow.getFirst())
                    .contains("worker=work-1 pid=", "task=slow-1", "dawdle()", "boot.php(4)");
            daemon.assertRestored();
        }
    }

    /** What ends early when a signal comes: nothing here does. */
    @Test
    void slowTaskThatWaitsIsNotDisturbed() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .json("{\"slow_task_ms\": 50}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit(
                            "slow",
                            closure(
                                    """
                                    function () {
                                        $whole = [sleep(1), time_nanosleep(0, 400000000)];
                                        [$one, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
                                        $read = [$one]; $write = $except = [];
                                        $whole[] = stream_select($read, $write, $except, 0, 400000);
                                        return $whole;
                                    }"""))
                    .assertResult(List.of(0, true, 0));

            assertThat(daemon.log()).contains("it waits for something", "task=slow");
            daemon.assertRestored();
        }
    }

    @Test
    void attributesWhatWorkersWriteAndLimitsIt() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit(
                            "noisy",
                            closure(
                                    "function () { for ($i = 0; $i < 500; $i++) { fwrite(STDERR, \"line $i\\n\"); } usleep(1000000); return 1; }"))
                    .assertResult(1);

            await().untilAsserted(
                            () ->
                                    assertThat(linesOf(daemon).size() + suppressed(daemon))
                                            .as("lines that are logged or counted")
                                            .isEqualTo(500));
            List<String> lines = linesOf(daemon);
            assertThat(lines).hasSizeBetween(20, 60);
            assertThat(lines.getFirst()).matches(".*: line 0 worker=work-1 pid=\\d+ task=noisy");
        }
    }

    private static List<String> linesOf(DaemonProcess daemon) {
        return daemon.log().lines().filter(line -> line.contains(": line ")).toList();
    }

    private static int suppressed(DaemonProcess daemon) {
        return MORE.matcher(daemon.log())
                .results()
                .mapToInt(more -> Integer.parseInt(more.group(1)))
                .sum();
    }

    @Test
    void writesTheLogAsJson() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", Http.onFreePort().flag())
                                .json("{\"log_format\": \"json\"}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit(
                            "speaker",
                            closure(
                                    "function () { fwrite(STDERR, \"\\\"hello\\\"\\n\"); usleep(1000000); return 1; }"))
                    .assertResult(1);
            await().until(() -> daemon.log().contains("hello"));

            List<Map<String, Object>> lines =
                    daemon.log().lines().map(ObservingIT::parsed).toList();
            assertThat(lines.subList(0, 2))
                    .extracting(line -> line.get("message").toString())
                    .satisfiesExactly(
                            first -> assertThat(first).contains("page, metrics and health checks"),
                            second -> assertThat(second).contains("accepts connections"));
            assertThat(lines)
                    .anySatisfy(
                            line ->
                                    assertThat(line)
                                            .containsEntry("message", "\"hello\"")
                                            .containsEntry("level", "INFO")
                                            .containsEntry("category", "io.parallite.worker.output")
                                            .containsEntry("worker", "work-1")
                                            .containsEntry("task", "speaker")
                                            .containsKey("pid"));
        }
    }

    private static Map<String, Object> parsed(String line) {
        byte[] body = line.getBytes(StandardCharsets.UTF_8);
        return Encoding.JSON.decodeAll(TestClient.concat(new byte[4], body));
    }

    @Test
    void changedFileReloadsTheWorkers() {
        DaemonBuilder builder =
                daemon("--fixed-workers", "2")
                        .json("{\"watch\": [\"src/**/*.php\"], \"php_includes\": [\"src/a.php\"]}")
                        .file("src/a.php", "<?php function version() { return 'one'; }");
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            String payload = closure("fn () => version()");
            client.submit("before", payload).assertResult("one");
            client.send(task("running", Closures.sleep(600)));

            builder.file("src/a.php", "<?php function version() { return 'two'; }");

            await().untilAsserted(
                            () ->
                                    assertThat(daemon.log())
                                            .contains(
                                                    "src/a.php has changed",
                                                    "are reloaded replaced=2"));
            client.submit("after", payload).assertResult("two");
            client.receive("running").assertResult("slept");

            builder.file("src/a.php", "<?php function version() { return");
            await().untilAsserted(() -> assertThat(daemon.log()).contains("are not reloaded"));
            client.submit("still", payload).assertResult("two");
        }
    }
}
