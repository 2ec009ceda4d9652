package io.parallite.it;

import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Worker scripts that misbehave, one way each, over stdin and stdout. With a single worker, the
 * next task meets whatever the last one has left.
 */
final class WorkerFaultsIT {

    static Stream<Arguments> faults() {
        return Stream.of(
                fault(
                        "crashes-on-first",
                        "crash",
                        "WORKER_CRASHED",
                        "status 1",
                        "crashing, as asked"),
                fault("truncated-reply", "x", "WORKER_CRASHED", "not complete", "task_id"),
                fault("garbage-reply", "x", "WORKER_PROTOCOL", "this is not JSON"),
                fault("echoes-stray-output", "x", "WORKER_PROTOCOL", "Warning: Undefined variable"),
                fault("wrong-task-id", "x", "WORKER_PROTOCOL", "somebody-else", "task-0"),
                fault("huge-length", "x", "WORKER_PROTOCOL", "4294967295"));
    }

    private static Arguments fault(String script, String payload, String code, String... words) {
        return Arguments.of(script, payload, code, words);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    @DisplayName(
            "Lines 1, 4, 5, 21: a worker that breaks the protocol fails its own task and no other")
    void replacesWorkerThatBreaksTheProtocol(
            String script, String payload, String code, String[] words) {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .script(Distribution.fault(script))
                                .startAtRest();
                TestClient client = daemon.connect();
                TestClient binary = daemon.connect(Encoding.MESSAGE_PACK)) {
            long firstWorker = daemon.stats().workers().getFirst().pid();

            Reply failed = client.submit("task-0", payload);
            client.submit("task-1", "ok").assertResult("ok");
            Reply failedAgain = binary.submit("task-2", payload);
            binary.submit("task-3", "ok").assertResult("ok");

            failed.assertFailure(code, words).assertFailure(code, "work-1");
            failedAgain.assertFailure(code);
            daemon.assertRestored();
            assertThat(daemon.stats().workers().getFirst().pid()).isNotEqualTo(firstWorker);
        }
    }

    @Test
    @DisplayName("Line 4: an extra frame does not become the next task's result")
    void neverGivesTheNextClientAnExtraFrame() {
        assertEveryTaskGetsItsOwnResult("extra-frame", 6);
    }

    @Test
    @DisplayName("Line 4: a frame that comes while its worker is idle does not become a result")
    void neverGivesTheNextClientALateFrame() {
        assertEveryTaskGetsItsOwnResult("replies-twice-late", 6);
    }

    @Test
    @DisplayName("Line 4: a frame that nobody has asked for does not become a result")
    void neverGivesTheFirstClientAnUnaskedFrame() {
        assertEveryTaskGetsItsOwnResult("replies-without-reading", 3);
    }

    @Test
    @DisplayName("Line 15: a worker that answers and exits loses no task")
    void losesNoTaskToWorkerThatExitsAfterItsReply() {
        assertEveryTaskSucceeds("exits-after-reply");
    }

    @Test
    @DisplayName("Line 15: a worker that answers, lingers and exits loses no task")
    void losesNoTaskToWorkerThatExitsWhileIdle() {
        assertEveryTaskSucceeds("slow-exit-after-reply");
    }

    @Test
    @DisplayName("Line 1: a worker that answers and is killed is not leased again")
    void neverLeasesWorkerThatDiedAfterItsReply() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "2")
                                .script(Distribution.fault("reply-then-crash"))
                                .startAtRest();
                TestClient client = daemon.connect()) {

            for (int i = 0; i < 4; i++) {
                client.submit("task-" + i, "x" + i).assertResult("x" + i);
            }

            await().until(() -> daemon.stats().workers().stream().allMatch(w -> w.served() == 0));
            daemon.assertRestored();
        }
    }

    /** A task may fail by its worker's fault, but never get what is another's. */
    private static void assertEveryTaskGetsItsOwnResult(String script, int tasks) {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "1")
                                .script(Distribution.fault(script))
                                .start();
                TestClient client = daemon.connect()) {
            for (int i = 0; i < tasks; i++) {
                Reply reply = client.submit("task-" + i, "payload-" + i);
                assertThat(reply.taskId()).isEqualTo("task-" + i);
                if (reply.ok()) {
                    reply.assertResult("payload-" + i);
                } else {
                    assertThat(reply.errorCode()).isIn("WORKER_PROTOCOL", "WORKER_START_FAILED");
                }
            }
        }
    }

    private static void assertEveryTaskSucceeds(String script) {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "2")
                                .script(Distribution.fault(script))
                                .startAtRest();
                TestClient client = daemon.connect();
                TestClient other = daemon.connect(Encoding.MESSAGE_PACK)) {

            for (int i = 0; i < 40; i++) {
                (i % 2 == 0 ? client : other).send(TestClient.task("task-" + i, "payload-" + i));
            }

            for (int i = 0; i < 40; i++) {
                (i % 2 == 0 ? client : other).receive("task-" + i).assertResult("payload-" + i);
            }
            daemon.assertRestored();
        }
    }
}
