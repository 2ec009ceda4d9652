package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Workers that do not come up: what tasks are told, how often it is tried again, and how it heals.
 */
final class WorkerStartIT {

    private static final Pattern SCRIPT = Pattern.compile(" script=(\\S+)");

    /** Fails until the file "healthy" is in its current directory. */
    static final String FAILS_AT_FIRST =
            """
            <?php
            /** @parallite-transport %s */
            file_put_contents('starts', hrtime(true) . "\\n", FILE_APPEND);
            if (!file_exists('healthy')) { fwrite(STDERR, "the database is on fire\\n"); exit(3); }
            require '%s';
            """;

    @Test
    @DisplayName("Line 3: the listener answers while every worker dies at its start")
    void answersWhileWorkersDie() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "4")
                                .script(Distribution.fault("dies-at-start"))
                                .start();
                TestClient client = daemon.connect()) {
            for (int i = 0; i < 30; i++) {
                client.send(TestClient.task("task-" + i, "x"));
            }
            assertThat(client.call(TestClient.request("ping", "ping")).ok()).isTrue();

            for (int i = 0; i < 30; i++) {
                client.receive("task-" + i)
                        .assertFailure("WORKER_START_FAILED", "the database is on fire");
            }
            assertThat(daemon.stats().queued()).isZero();
            assertThat(daemon.stats().busy()).isZero();
        }
    }

    @Test
    @DisplayName("Line 3: a worker that never connects is killed after start_timeout_ms")
    void killsWorkerThatNeverConnects() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .json("{\"start_timeout_ms\": 400}")
                                .script(Distribution.fault("never-connects"))
                                .start();
                TestClient client = daemon.connect()) {
            client.submit("task", "x")
                    .assertFailure("WORKER_START_FAILED", "start_timeout_ms=400", "work-1");

            await().until(() -> daemon.workerTrees().isEmpty());
        }
    }

    @Test
    @DisplayName("Line 3: readiness turns down while no worker starts, and up when one does")
    void tellsReadiness() throws IOException {
        Http http = Http.onFreePort();
        DaemonBuilder builder = daemon("--fixed-workers", "1", http.flag());
        builder.file(
                        "worker.php",
                        FAILS_AT_FIRST.formatted(
                                "socket", Distribution.php("parallite-worker.php")))
                .script(builder.project().resolve("worker.php"));

        try (DaemonProcess daemon = builder.start()) {
            await().until(() -> http.status("/q/health/ready") == 503);
            assertThat(http.status("/q/health/live")).isEqualTo(200);

            Files.writeString(builder.project().resolve("healthy"), "");

            await().until(() -> http.status("/q/health/ready") == 200);
            daemon.awaitRest();
        }
    }

    @Test
    void opensNoPortUnlessToldTo() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "none").start()) {
            assertThat(Processes.listeningPorts(daemon.pid())).isEmpty();
        }
    }

    @Test
    void tellsThatPhpIsNotInstalled() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .json("{\"php_binary\": \"no-such-php\"}")
                                .start();
                TestClient client = daemon.connect()) {
            client.submit("task", "x")
                    .assertFailure("WORKER_START_FAILED", "no-such-php", "php_binary");

            assertThat(daemon.log()).contains("no-such-php", "php_binary").doesNotContain("\tat ");
        }
    }

    @Test
    void leavesOutAnIncludeThatIsMissing() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .file("lib/there.php", "<?php function there() { return 'there'; }")
                                .json(
                                        "{\"php_includes\": [\"lib/missing.php\", \"lib/there.php\"]}")
                                .start();
                TestClient client = daemon.connect()) {
            client.submit("task", closure("fn () => there()")).assertResult("there");
            assertThat(daemon.log())
                    .containsOnlyOnce("php_includes names a file")
                    .containsPattern("php_includes names a file .* left out: .*lib/missing.php");
        }
    }

    @Test
    void findsWorkerScriptInTheOrderOfTheDocumentation() {
        String[] places = {
            "php",
            "",
            "src/Support",
            "vendor/parallite/parallite-php/src/Support",
            "vendor/b7s/parallite-php"
        };
        DaemonBuilder builder = daemon("--fixed-workers", "none");
        String script = "<?php /** @parallite-transport socket */ require '%s';";
        String bundled = Distribution.php("parallite-worker.php").toString();
        builder.file("configured.php", script.formatted(bundled));

        assertThat(scriptOf(daemon("--fixed-workers", "none"))).isEqualTo(bundled);
        for (String place : places) {
            DaemonBuilder project = daemon("--fixed-workers", "none");
            for (String other : places) {
                project.file(name(other), script.formatted(bundled));
                if (other.equals(place)) {
                    break;
                }
            }
            assertThat(scriptOf(project))
                    .isEqualTo(project.project().resolve(name(place)).toString());
        }
        builder.file(name("vendor/b7s/parallite-php"), script.formatted(bundled));
        builder.flags("--worker-script", "configured.php");
        assertThat(scriptOf(builder))
                .isEqualTo(builder.project().resolve("configured.php").toString());
    }

    private static String name(String directory) {
        return (directory.isEmpty() ? "" : directory + "/") + "parallite-worker.php";
    }

    private static String scriptOf(DaemonBuilder builder) {
        try (DaemonProcess daemon = builder.start()) {
            await().until(() -> SCRIPT.matcher(daemon.log()).find());
            return SCRIPT.matcher(daemon.log()).results().findFirst().orElseThrow().group(1);
        }
    }

    @Test
    void runsTheTestWorker() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1").env("USE_TEST_WORKER", "1").startAtRest();
                TestClient client = daemon.connect()) {
            var sum =
                    Map.of("type", "computation", "operation", "sum", "numbers", List.of(1, 2, 39));

            assertThat(client.submit("task", sum).result().toString())
                    .isEqualTo("{operation=sum, numbers=[1, 2, 39], result=42}");

            daemon.assertRestored();
        }
    }
}
