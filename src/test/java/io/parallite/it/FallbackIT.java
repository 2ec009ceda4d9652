package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * With less than Linux usually gives: no guard around workers, no native transport, few
 * descriptors.
 */
final class FallbackIT {

    private static final String WITHOUT_GUARD = "-Dparallite.guard=false";
    private static final String WITHOUT_PREFETCH = "-Dparallite.prefetch=false";
    private static final String WITHOUT_EPOLL = "-Dio.netty.transport.noNative=true";

    @ParameterizedTest
    @ValueSource(strings = {WITHOUT_GUARD, WITHOUT_EPOLL, WITHOUT_GUARD + " " + WITHOUT_EPOLL})
    @DisplayName(
            "Line 17: tasks, timeouts and children of workers, without setpriv, epoll, or both")
    void servesAndKillsWithout(String options) {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "3")
                                .jvm(options)
                                .startAtRest();
                TestClient client = daemon.connect();
                TestClient binary = daemon.connect(Encoding.MESSAGE_PACK)) {
            client.submit("json", closure("fn () => 'json'")).assertResult("json");
            binary.submit("binary", closure("fn () => 'binary'")).assertResult("binary");
            for (int i = 0; i < 6; i++) {
                client.send(task("many-" + i, sleep(100)));
            }
            for (int i = 0; i < 6; i++) {
                client.receive("many-" + i).assertResult("slept");
            }

            Map<String, Object> late =
                    task("late", closure("function () { system('sleep 300; true'); }"));
            late.put("timeout_ms", 400);
            client.call(late).assertFailure("TIMEOUT");

            daemon.assertRestored();
            Gate gate = Gate.of(daemon);
            client.send(task("running", gate.task()));
            StoppingIT.awaitBusy(daemon, 1);
            daemon.signal("TERM");
            await().until(() -> !daemon.socket().toFile().exists());
            gate.open();
            client.receive("running").assertResult("passed");
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    void workersGetNoPipeWithoutPrefetching() throws IOException {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "2")
                                .jvm(WITHOUT_PREFETCH)
                                .startAtRest();
                TestClient client = daemon.connect()) {
            for (int i = 0; i < 100; i++) {
                client.send(task("short-" + i, closure("fn () => 'done'")));
            }
            for (int i = 0; i < 100; i++) {
                client.receive("short-" + i).assertResult("done");
            }

            try (Stream<Path> files = Files.walk(daemon.directory().resolve("run"))) {
                assertThat(files.map(Path::toString)).noneMatch(file -> file.endsWith(".next"));
            }
            daemon.assertRestored();
        }
    }

    @Test
    @DisplayName(
            "Lines 8, 21: without the guard too, workers end with a daemon that is killed mid-frame")
    void workersEndWhenTheirInputEndsMidFrame() throws InterruptedException {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .jvm(WITHOUT_GUARD)
                                .startAtRest();
                TestClient client = daemon.connect()) {
            long worker = daemon.workerTrees().getFirst();
            Processes.signal(worker, "STOP");
            client.send(task("half", "x".repeat(5_000_000)));
            StoppingIT.awaitBusy(daemon, 1);

            daemon.killHard();
            assertThat(Processes.isAlive(worker)).isTrue();
            Processes.signal(worker, "CONT");

            await().until(() -> !Processes.isAlive(worker));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void asksForeignScriptForABenchmark(boolean asked) {
        DaemonBuilder builder =
                daemon("--fixed-workers", "1").json("{\"enable_benchmark\": %s}".formatted(asked));
        builder.file(
                        "worker.php",
                        """
                        <?php
                        require '%s';
                        while (true) {
                            $request = read_request();
                            send_echo(['payload' => $request['enable_benchmark'] ?? 'not asked'] + $request);
                        }
                        """
                                .formatted(Distribution.fault("support/frames")))
                .script(builder.project().resolve("worker.php"));

        try (DaemonProcess daemon = builder.startAtRest();
                TestClient json = daemon.connect();
                TestClient binary = daemon.connect(Encoding.MESSAGE_PACK)) {
            Object expected = asked ? true : "not asked";

            json.submit("json", "x").assertResult(expected);
            binary.submit("binary", "x").assertResult(expected);
            daemon.assertRestored();
        }
    }

    @Test
    @DisplayName(
            "Line 5: the bundled worker keeps output and frames apart on stdin and stdout, too")
    void runsTheBundledWorkerOverStdio() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .json(
                                        "{\"worker_transport\": \"stdio\", \"enable_benchmark\": true}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Reply echoed = client.submit("echo", closure("function () { echo 'seen'; return 1; }"));
            Reply system =
                    client.submit(
                            "system", closure("function () { system('echo seen'); return 2; }"));
            Reply raw =
                    client.submit(
                            "raw", closure("function () { fwrite(STDOUT, 'seen'); return 3; }"));

            assertThat(echoed.assertResult(1).text("output")).isEqualTo("seen");
            assertThat(echoed.map("benchmark")).containsKey("cpu_time_ms");
            assertThat(system.assertResult(2).text("output")).contains("seen");
            assertThat(raw.ok() || raw.errorCode().equals("WORKER_PROTOCOL")).isTrue();
            client.submit("next", closure("fn () => 'next'")).assertResult("next");
            daemon.assertRestored();
        }
    }
}
