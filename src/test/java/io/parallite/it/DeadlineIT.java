package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks that are ended before they end: by their time limit or by a client. */
final class DeadlineIT {

    private static final String WITH_DESCENDANTS =
            "function () { exec('(sleep 300 & setsid sleep 300 &) > /dev/null 2>&1'); pcntl_fork(); sleep(300); }";

    private static DaemonProcess daemon;
    private TestClient client = daemon.connect();
    private TestClient binary = daemon.connect(Encoding.MESSAGE_PACK);

    @BeforeAll
    static void start() {
        daemon =
                daemon("--fixed-workers", "1", "--max-workers", "1", "--timeout-ms", "30000")
                        .startAtRest();
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    @AfterEach
    void nextTaskIsServed() {
        client.submit("next-" + System.nanoTime(), closure("fn () => 'next'")).assertResult("next");
        daemon.assertRestored();
        client.close();
        binary.close();
    }

    private static Map<String, Object> limited(String id, String payload, long millis) {
        Map<String, Object> task = task(id, payload);
        task.put("timeout_ms", millis);
        return task;
    }

    @Test
    @DisplayName(
            "Lines 1, 17: a task over its own timeout_ms is killed with all that it has started")
    void killsTaskOverItsTimeLimitWithItsDescendants() {
        long since = System.nanoTime();

        client.send(limited("late", closure("function () { system('sleep 300'); }"), 400));
        client.send(task("behind", sleep(1)));

        client.receive("late").assertFailure("TIMEOUT", "timeout_ms=400");
        assertThat(Duration.ofNanos(System.nanoTime() - since))
                .isGreaterThanOrEqualTo(Duration.ofMillis(400));
        client.receive("behind").assertResult("slept");
    }

    @Test
    @DisplayName(
            "Line 17: grandchildren that have lost their parent, or have left the session, are killed too")
    void killsDetachedGrandchildren() {
        client.send(limited("late-with-family", closure(WITH_DESCENDANTS), 5_000));
        await().until(() -> daemon.workerTrees().size() >= 4);

        client.receive("late-with-family").assertFailure("TIMEOUT");
    }

    @Test
    @DisplayName("Line 1: tasks go on after five timeouts in a row")
    void servesAfterManyTimeouts() {
        for (int i = 0; i < 5; i++) {
            binary.call(limited("late-" + i, sleep(60_000), 150)).assertFailure("TIMEOUT");
        }
    }

    @Test
    @DisplayName("Line 1: many tasks may run out of time at once")
    void survivesManyTimeoutsAtOnce() {
        for (int i = 0; i < 6; i++) {
            client.send(limited("both-" + i, sleep(60_000), 100));
        }

        for (int i = 0; i < 6; i++) {
            client.receive("both-" + i).assertFailure("TIMEOUT");
        }
    }

    @Test
    void cancelsRunningTask() {
        client.send(task("cancelled", closure(WITH_DESCENDANTS)));
        await().until(() -> daemon.workerTrees().size() >= 4);

        Reply cancelled = binary.call(request("cancel", "cancelled"));

        assertThat(cancelled.fields()).containsEntry("ok", true).containsEntry("cancelled", true);
        client.receive("cancelled").assertFailure("CANCELLED", "while it ran");
    }

    @Test
    void cancelsQueuedTask() {
        Gate gate = Gate.of(daemon);
        client.send(task("blocker", gate.task()));
        client.send(task("queued", closure("function () { touch('/tmp/never'); }")));
        await().until(() -> daemon.stats().queued() == 1);

        Reply cancelled = binary.call(request("cancel", "queued"));

        assertThat(cancelled.fields()).containsEntry("cancelled", true);
        client.receive("queued").assertFailure("CANCELLED", "before it ran");
        assertThat(daemon.stats().queued()).isZero();
        gate.open();
        client.receive("blocker").assertResult("passed");
        assertThat(client.call(request("status", "queued")).text("status")).isEqualTo("failed");
    }

    @Test
    void cancelsNothingThatIsOver() {
        client.submit("over", sleep(1)).assertResult("slept");

        assertThat(client.call(request("cancel", "over")).fields())
                .containsEntry("ok", true)
                .containsEntry("cancelled", false)
                .containsEntry("status", "completed");
        client.call(request("cancel", "never")).assertFailure("NOT_FOUND", "never");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hangs", "ignores-sigterm", "forks-grandchild"})
    @DisplayName(
            "Lines 1, 17: stdio workers that hang, are deaf to SIGTERM or have children are killed")
    void killsStdioWorkerThatHangs(String script) throws Exception {
        try (DaemonProcess stdio =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .script(Distribution.fault(script))
                                .startAtRest();
                TestClient other = stdio.connect()) {
            Path pidFile = stdio.directory().resolve("grandchild");

            other.send(limited("late", pidFile.toString(), 1000));
            other.receive("late").assertFailure("TIMEOUT", "timeout_ms=1000");
            other.submit("next", "ok").assertResult("ok");

            if (script.equals("forks-grandchild")) {
                long grandchild = Long.parseLong(Files.readString(pidFile).strip());
                await().until(() -> !Processes.isAlive(grandchild));
            }
            stdio.assertRestored();
        }
    }

    @Test
    void countsTheTimeFromDispatch() {
        client.send(task("first", sleep(3000)));

        client.call(limited("second", sleep(100), 2000)).assertResult("slept");

        client.receive("first").assertResult("slept");
    }
}
