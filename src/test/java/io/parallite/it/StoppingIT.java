package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a daemon ends. What it may leave behind is checked by every {@link DaemonProcess#close}. */
final class StoppingIT {

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    @DisplayName("Line 8: with nothing running it does not wait for shutdown_grace_ms")
    void isGoneWithoutGraceWhenIdle(String signal) {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2")
                                .json("{\"shutdown_grace_ms\": 300000}")
                                .startAtRest();
                TestClient idle = daemon.connect()) {
            assertThat(daemon.end(signal).exitCode()).isZero();
            assertThat(idle.isClosedWithin(TestClient.PATIENCE)).isTrue();
        }
    }

    @Test
    @DisplayName("Line 8: a running task finishes and is answered, a queued one gets SHUTTING_DOWN")
    void letsRunningTaskFinish() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1").startAtRest();
                TestClient client = daemon.connect();
                TestClient other = daemon.connect()) {
            Gate gate = Gate.of(daemon);
            client.send(TestClient.task("running", gate.task()));
            client.send(TestClient.task("queued", sleep(1000)));
            await().until(() -> daemon.stats().busy() == 1 && daemon.stats().queued() == 1);

            daemon.signal("TERM");

            client.receive("queued").assertFailure("SHUTTING_DOWN", "stopping");
            other.submit("late", sleep(1)).assertFailure("SHUTTING_DOWN");
            gate.open();
            client.receive("running").assertResult("passed");
            assertThat(client.isClosedWithin(TestClient.PATIENCE)).isTrue();
            assertThat(daemon.awaitEnd().exitCode()).isZero();
            assertThat(daemon.log()).contains("the daemon stops", "in_flight=2", "has stopped");
        }
    }

    @Test
    @DisplayName(
            "Line 8: it accepts no connection once it stops, and the socket file is gone at once")
    void acceptsNobodyWhileItStops() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest();
                TestClient client = daemon.connect()) {
            Gate gate = Gate.of(daemon);
            client.send(TestClient.task("running", gate.task()));
            awaitBusy(daemon, 1);

            daemon.signal("TERM");

            await().until(() -> !daemon.socket().toFile().exists());
            assertThat(daemon.isAlive()).as("while the task runs").isTrue();
            gate.open();
            client.receive("running").assertResult("passed");
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    @DisplayName("Line 8: tasks that outlast shutdown_grace_ms are ended with their descendants")
    void endsTaskThatOutlastsTheGrace() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .json("{\"shutdown_grace_ms\": 300}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.send(
                    TestClient.task(
                            "task", closure("function () { system('sleep 300'); return 1; }")));
            await().until(() -> daemon.workerTrees().size() > 1);

            DaemonProcess.Ended ended = daemon.stop();

            client.receive("task").assertFailure("ABORTED", "may have run");
            assertThat(ended.exitCode()).isZero();
            assertThat(ended.took()).isGreaterThanOrEqualTo(Duration.ofMillis(300));
        }
    }

    @Test
    @DisplayName("Line 8: a second signal ends it at once, and its workers with it")
    void endsAtOnceOnSecondSignal() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(TestClient.task("a", sleep(60_000)));
            client.send(TestClient.task("b", closure("function () { system('sleep 300'); }")));
            awaitBusy(daemon, 2);
            daemon.signal("TERM");
            await().until(() -> !daemon.socket().toFile().exists());

            DaemonProcess.Ended ended = daemon.end("TERM");

            assertThat(ended.exitCode()).isEqualTo(128 + 15);
        }
    }

    @Test
    @DisplayName("Line 8: kill -9 of the daemon leaves no PHP process")
    void takesItsWorkersWithItWhenKilled() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "3").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(TestClient.task("sleeping", closure("function () { sleep(300); }")));
            client.send(TestClient.task("spinning", closure("function () { while (true); }")));
            awaitBusy(daemon, 2);

            daemon.killHard();
        }
    }

    @Test
    @DisplayName("Lines 8, 17: kill -9 of the daemon leaves nothing that tasks had started")
    void takesWhatTasksHadStartedWithItWhenKilled() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "2").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(
                    Map.of(
                            "task_id",
                            "command",
                            "command",
                            "sleep 300 & setsid sleep 301 & sh -c 'sleep 302; true'; true"));
            client.send(
                    TestClient.task("closure", closure("function () { system('sleep 303; :'); }")));
            await().until(() -> daemon.workerTrees().size() == 2 + 5 + 2);
            long watchdog = watchdog(daemon);

            daemon.killHard();

            await().until(() -> !Processes.isAlive(watchdog));
            await().untilAsserted(() -> assertThat(daemon.descendants()).isEmpty());
        }
    }

    @Test
    void sendsItsWatchdogHomeWhenItStops() {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest()) {
            await().untilAsserted(() -> assertThat(watchdog(daemon)).isPositive());
            long watchdog = watchdog(daemon);

            assertThat(daemon.stop().exitCode()).isZero();

            await().until(() -> !Processes.isAlive(watchdog));
        }
    }

    private static long watchdog(DaemonProcess daemon) {
        return ProcessHandle.of(daemon.pid()).stream()
                .flatMap(ProcessHandle::children)
                .filter(child -> child.info().toString().contains("parallite-watchdog"))
                .mapToLong(ProcessHandle::pid)
                .findFirst()
                .orElse(0);
    }

    @Test
    @DisplayName("Line 8: kill -9 of the daemon leaves no stdio worker, whatever it does")
    void takesStdioWorkersWithItWhenKilled() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2")
                                .script(Distribution.fault("ignores-sigterm"))
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.send(TestClient.task("hanging", "x"));
            awaitBusy(daemon, 1);

            daemon.killHard();
        }
    }

    @Test
    @DisplayName("Line 8: what a killed daemon has left is removed by the next one")
    void removesWhatAKilledDaemonHasLeft() {
        DaemonBuilder builder = daemon("--fixed-workers", "1");
        DaemonProcess first = builder.startAtRest();
        first.killHard();
        assertThat(first.socket()).exists();

        try (DaemonProcess second = builder.startAtRest()) {
            second.assertRestored();
        }
    }

    @Test
    @DisplayName("Line 8: told to stop at any moment of its start, it leaves nothing behind")
    void stopsWhenItIsToldToWhileItStarts() {
        for (int delay = 150; delay <= 750; delay += 100) {
            try (DaemonProcess daemon = daemon("--fixed-workers", "2").launch()) {
                pause(delay);
                daemon.signal("TERM");

                daemon.awaitEnd();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stop_all", "stop"})
    @DisplayName(
            "Line 9: a closure's exception stops a stop_all daemon with exit code 1, after its reply")
    void stopsOnFirstFailure(String failMode) {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--fail-mode", failMode).startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("fine", sleep(1)).assertResult("slept");

            client.send(TestClient.task("other", sleep(60_000)));
            awaitBusy(daemon, 1);
            client.submit("bad", closure("function () { throw new Exception('first'); }"))
                    .assertFailure("EXCEPTION", "first");

            client.receive("other").assertFailure("ABORTED");
            assertThat(daemon.awaitEnd().exitCode()).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("Line 9: two failures at once stop it once, both answered")
    void survivesTwoFailuresAtOnce() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "4", "--fail-mode", "stop_all").startAtRest();
                TestClient client = daemon.connect()) {
            String fails = closure("function () { throw new Exception('one of many'); }");

            for (int i = 0; i < 4; i++) {
                client.send(TestClient.task("bad-" + i, fails));
            }

            int failedByItself = 0;
            for (int i = 0; i < 4; i++) {
                Reply reply = client.receive("bad-" + i);
                assertThat(reply.errorCode()).isIn("EXCEPTION", "SHUTTING_DOWN", "ABORTED");
                failedByItself += reply.errorCode().equals("EXCEPTION") ? 1 : 0;
            }
            assertThat(failedByItself).isPositive();
            DaemonProcess.Ended ended = daemon.awaitEnd();
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.log()).doesNotContain("Exception:", "\tat ");
        }
    }

    @Test
    @DisplayName("Line 9: a timeout and a crash stop it like an exception")
    void stopsOnTimeout() {
        try (DaemonProcess daemon =
                        daemon(
                                        "--fixed-workers",
                                        "1",
                                        "--fail-mode",
                                        "stop_all",
                                        "--timeout-ms",
                                        "200")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("late", sleep(60_000)).assertFailure("TIMEOUT");

            assertThat(daemon.awaitEnd().exitCode()).isEqualTo(1);
        }
    }

    static void awaitBusy(DaemonProcess daemon, long workers) {
        await().until(() -> daemon.stats().busy() == workers);
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void stopsWhenNobodyUsesIt() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1")
                                .json("{\"idle_shutdown_ms\": 1000}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            long since = System.nanoTime();
            client.submit("long", sleep(2500)).assertResult("slept");
            assertThat(daemon.isAlive()).as("while a task ran").isTrue();

            DaemonProcess.Ended ended = daemon.awaitEnd();

            assertThat(ended.exitCode()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - since))
                    .isGreaterThanOrEqualTo(Duration.ofMillis(2500 + 1000));
            assertThat(ended.log()).contains("idle_shutdown_ms=1000: stopping");
        }
    }

    @Test
    void livesAsLongAsAConnectionIsOpenWhereConnectionsCount() {
        try (DaemonProcess daemon =
                daemon("--fixed-workers", "1")
                        .json("{\"idle_shutdown_ms\": 1000, \"idle_shutdown_connections\": true}")
                        .startAtRest()) {
            try (TestClient ignored = daemon.connect()) {
                pause(3_000);
                assertThat(daemon.isAlive()).as("while a connection was open").isTrue();
            }
            assertThat(daemon.awaitEnd().exitCode()).isZero();
        }
    }
}
