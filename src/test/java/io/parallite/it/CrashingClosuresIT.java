package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.Encoding;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Closures that take their worker with them, on the bundled worker. */
final class CrashingClosuresIT {

    private static DaemonProcess daemon;
    private static int ids;

    @BeforeAll
    static void start() {
        daemon =
                daemon("--fixed-workers", "1", "--max-workers", "1")
                        .json("{\"php_options\": [\"-d\", \"memory_limit=64M\"]}")
                        .startAtRest();
    }

    @AfterAll
    static void stop() {
        daemon.close();
    }

    private static String id() {
        return "task-" + ++ids;
    }

    static List<Arguments> endings() {
        return List.of(
                Arguments.of("exit(3);", "EXITED", "exit"),
                Arguments.of("die('no more');", "EXITED", ""),
                Arguments.of("trigger_error('over', E_USER_ERROR);", "FATAL", "over"),
                Arguments.of("$s = str_repeat('x', 80 << 20); return 1;", "FATAL", "memory"),
                Arguments.of("posix_kill(posix_getpid(), SIGKILL);", "WORKER_CRASHED", "SIGKILL"),
                Arguments.of("posix_kill(posix_getpid(), SIGTERM);", "WORKER_CRASHED", "SIGTERM"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("endings")
    @DisplayName("Lines 1, 15: a closure that takes its worker with it fails alone")
    void failsAlone(String code, String errorCode, String word) {
        try (TestClient client = daemon.connect();
                TestClient binary = daemon.connect(Encoding.MESSAGE_PACK)) {
            String payload = closure("function () { echo 'last words'; %s }".formatted(code));

            client.submit(id(), payload).assertFailure(errorCode, word);
            client.submit(id(), closure("fn () => 'next'")).assertResult("next");
            binary.submit(id(), payload).assertFailure(errorCode, word);
            binary.submit(id(), closure("fn () => 'next'")).assertResult("next");

            daemon.assertRestored();
        }
    }

    @Test
    @DisplayName(
            "Lines 1, 15: of tasks pipelined behind one another only those that end their worker fail")
    void failsAloneAmongPipelinedTasks() {
        try (TestClient client = daemon.connect()) {
            String exits = closure("function () { exit(1); }");
            String returns = closure("fn () => 'alive'");

            for (int i = 0; i < 10; i++) {
                client.send(TestClient.task("exits-" + i, exits));
                client.send(TestClient.task("returns-" + i, returns));
            }

            for (int i = 0; i < 10; i++) {
                client.receive("exits-" + i).assertFailure("EXITED");
                client.receive("returns-" + i).assertResult("alive");
            }
            daemon.assertRestored();
        }
    }

    @Test
    @DisplayName("Line 17: children that a closure has forked end with its task's worker")
    void leavesNoForkedChild() {
        try (TestClient client = daemon.connect()) {
            String forks =
                    closure(
                            "function () { if (pcntl_fork() === 0) { sleep(300); exit(0); }"
                                    + " exec('sleep 300 > /dev/null 2>&1 &'); exit(1); }");

            client.submit(id(), forks).assertFailure("EXITED");

            daemon.assertRestored();
            assertThat(daemon.workerTrees()).hasSize(1);
        }
    }
}
