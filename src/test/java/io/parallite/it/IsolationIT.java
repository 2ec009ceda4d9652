package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.parallite.wire.Encoding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks that ask for a worker of their own, beside others that share theirs. */
final class IsolationIT {

    /** Leaves what nothing puts back between two tasks. */
    private static final String MARK =
            closure(
                    "function () { defined('MARK') || define('MARK', 1); eval('if (!class_exists(\"Left\", false)) { class Left { static $n = 0; } }'); return ++Left::$n; }");

    private static final String IS_MARKED =
            closure("fn () => defined('MARK') || class_exists('Left', false)");

    /** How many tasks the process has run with this one, and which process it is. */
    private static final String COUNT =
            closure(
                    "function () { eval('if (!class_exists(\"Ran\", false)) { class Ran { static $n = 0; } }'); return [getmypid(), ++Ran::$n]; }");

    @BeforeEach
    void needsLinux() {
        assumeThat(Files.isDirectory(Path.of("/proc/self"))).isTrue();
    }

    private static DaemonBuilder workers(String start, int fixed, int max) {
        return daemon("--worker-start", start)
                .env("PARALLITE_WORKER_IDLE_MS", "500")
                .flags("--fixed-workers", "" + fixed, "--max-workers", "" + max);
    }

    private static Map<String, Object> isolated(String id, String payload) {
        Map<String, Object> task = TestClient.task(id, payload);
        task.put("isolation", "task");
        return task;
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void nothingLeaksIntoAnIsolatedTaskNorOutOfIt(String start) {
        try (DaemonProcess daemon = workers(start, 1, 2).startAtRest();
                TestClient client = daemon.connect()) {
            client.call(isolated("before", MARK)).assertResult(1);
            client.submit("out", IS_MARKED).assertResult(false);

            client.submit("mark", MARK).assertResult(1);
            client.submit("again", MARK).assertResult(2); // what the feature is there for
            client.call(isolated("in", IS_MARKED)).assertResult(false);
            client.call(isolated("alone", MARK)).assertResult(1);
            client.call(isolated("still alone", MARK)).assertResult(1);
            client.submit("kept", MARK).assertResult(3);
            daemon.assertRestored();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void automaticIsolationIsForForks(String start) {
        try (DaemonProcess daemon = workers(start, 1, 2).startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("mark", MARK).assertResult(1);
            Map<String, Object> task = TestClient.task("look", IS_MARKED);
            task.put("isolation", "auto");
            client.call(task).assertResult(start.equals("exec"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void onlyWorkerOfAPoolMakesRoomForAnIsolatedTask(String start) {
        try (DaemonProcess daemon = workers(start, 1, 1).startAtRest();
                TestClient client = daemon.connect(Encoding.MESSAGE_PACK)) {
            for (int i = 0; i < 5; i++) {
                client.submit("mark-" + i, MARK).assertResult(1);
                client.call(isolated("look-" + i, IS_MARKED)).assertResult(false);
                assertThat(daemon.stats().workers()).hasSizeLessThanOrEqualTo(1);
            }
            daemon.assertRestored();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void cancelTimeoutAndCrashAreThoseOfAnyTask(String start) {
        try (DaemonProcess daemon = workers(start, 2, 2).startAtRest();
                TestClient client = daemon.connect()) {
            Map<String, Object> late = isolated("late", sleep(60_000));
            late.put("timeout_ms", 300);
            client.call(late).assertFailure("TIMEOUT");

            client.send(isolated("cancelled", sleep(60_000)));
            client.send(TestClient.request("cancel", "cancelled"));
            client.receive("cancelled");
            client.call(isolated("crashed", closure("fn () => posix_kill(getmypid(), SIGKILL)")))
                    .assertFailure("WORKER_CRASHED");
            client.call(isolated("left", closure("function () { exit(3); }")))
                    .assertFailure("EXITED");
            daemon.assertRestored();
            client.call(isolated("after", IS_MARKED)).assertResult(false);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void bothKindsUnderLoadEachHaveTheWorkersTheyAskFor(String start) {
        try (DaemonProcess daemon = workers(start, 2, 4).startAtRest();
                TestClient sharing = daemon.connect();
                TestClient mixing = daemon.connect()) {
            for (int i = 0; i < 60; i++) {
                sharing.send(TestClient.task("shared-" + i, COUNT));
                mixing.send(i % 3 == 0 ? TestClient.task("other-" + i, COUNT) : alone(i));
            }

            Set<Object> alone = new HashSet<>();
            List<Object> shared = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                shared.add(processOf(sharing.receive("shared-" + i)));
                if (i % 3 == 0) {
                    shared.add(processOf(mixing.receive("other-" + i)));
                } else {
                    List<?> result = (List<?>) mixing.receive("alone-" + i).result();
                    assertThat(result.get(1)).as("tasks of its process").isEqualTo(1);
                    assertThat(alone.add(result.get(0))).as("a process of its own").isTrue();
                }
            }

            assertThat(alone).doesNotContainAnyElementsOf(shared);
            assertThat(new HashSet<>(shared)).as("processes of others").hasSizeLessThan(40);
            daemon.assertRestored();
        }
    }

    private static Map<String, Object> alone(int number) {
        return isolated("alone-" + number, COUNT);
    }

    private static Object processOf(Reply reply) {
        return ((List<?>) reply.result()).getFirst();
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void askingForNoneInADaemonThatIsolatesAllTasksChangesNothing(String start) {
        try (DaemonProcess daemon =
                        workers(start, 1, 2).json("{\"isolation\": \"task\"}").startAtRest();
                TestClient client = daemon.connect()) {
            for (int i = 0; i < 3; i++) {
                Map<String, Object> task = TestClient.task("mark-" + i, MARK);
                task.put("isolation", "none");
                client.call(task).assertResult(1);
            }
        }
    }
}
