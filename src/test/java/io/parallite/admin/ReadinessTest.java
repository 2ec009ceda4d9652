package io.parallite.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.pool.FakeTransport;
import io.parallite.pool.PoolSnapshot;
import io.parallite.server.ReadinessPolicy;
import java.time.Duration;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;

/** What the checks make of a pool: down comes with a reason that somebody can act on. */
class ReadinessTest {

    private static final ReadinessPolicy STRICT = new ReadinessPolicy(false);
    private static final ReadinessPolicy LENIENT = new ReadinessPolicy(true);

    private final AdminFixture daemon = new AdminFixture(1, 2);
    private final FakeTransport workers = daemon.workers;

    @Test
    void workersAreDownUntilOneHasAnswered() {
        daemon.pool.start();

        assertDown(
                WorkersReady.judge(snapshot(), STRICT),
                "no worker has answered yet; 1 are starting");

        workers.readyAll();
        assertThat(WorkersReady.judge(snapshot(), STRICT).getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void aScriptThatCannotBeAskedIsUpAndUnprovenUntilItsFirstReply() {
        AdminFixture scripts = new AdminFixture(1, 1, FakeTransport.withoutHello());
        scripts.pool.start();
        scripts.workers.readyAll();
        assertDown(
                WorkersReady.judge(scripts.dispatcher.pools().snapshots(), STRICT),
                "no worker has answered yet: the worker script cannot be asked, and counts when it has run for a moment");
        scripts.engine.advance(Duration.ofMillis(500));

        HealthCheckResponse before =
                WorkersReady.judge(scripts.dispatcher.pools().snapshots(), STRICT);
        scripts.submit("first");
        scripts.workers.last().reply();
        HealthCheckResponse after =
                WorkersReady.judge(scripts.dispatcher.pools().snapshots(), STRICT);

        assertThat(before.getStatus()).isEqualTo(Status.UP);
        assertThat(before.getData().orElse(Map.of()))
                .containsEntry("answering", 0L)
                .containsEntry(
                        "note",
                        "no worker has answered yet: this worker script cannot be asked before its first task");
        assertThat(after.getStatus()).isEqualTo(Status.UP);
        assertThat(after.getData().orElse(Map.of()))
                .containsEntry("answering", 1L)
                .doesNotContainKey("note");
    }

    @Test
    void aScriptThatDiesAtEachStartIsNeverUp() {
        AdminFixture scripts = new AdminFixture(1, 1, FakeTransport.withoutHello());
        scripts.pool.start();

        for (int i = 0; i < 10; i++) {
            scripts.workers.readyAll();
            assertThat(judgeWorkers(scripts).getStatus()).isEqualTo(Status.DOWN);
            scripts.engine.advance(Duration.ofMillis(i < 5 ? 20 : 400));
            assertThat(judgeWorkers(scripts).getStatus()).isEqualTo(Status.DOWN);
            scripts.workers.last().exit(3, "no database");
            assertDown(
                    judgeWorkers(scripts),
                    "workers do not start, and it is tried again: worker work-1 exited with status 3: no database before it answered a task; check worker_script and php_includes");
            scripts.engine.advance(Duration.ofSeconds(36));
        }
    }

    @Test
    void aScriptThatDiesLaterAtEachStartIsUpOnceAtMost() {
        AdminFixture scripts = new AdminFixture(1, 1, FakeTransport.withoutHello());
        scripts.pool.start();
        scripts.workers.readyAll();
        scripts.engine.advance(Duration.ofSeconds(2));
        assertThat(judgeWorkers(scripts).getStatus()).isEqualTo(Status.UP);

        for (int i = 0; i < 5; i++) {
            scripts.workers.last().exit(3, "no database");
            scripts.engine.advance(Duration.ofSeconds(36));
            scripts.workers.readyAll();
            scripts.engine.advance(Duration.ofSeconds(2));
            assertThat(judgeWorkers(scripts).getStatus()).isEqualTo(Status.DOWN);
        }
    }

    @Test
    void aMendedScriptIsUpAgainWithoutHavingHadATask() {
        AdminFixture scripts = new AdminFixture(1, 1, FakeTransport.withoutHello());
        scripts.pool.start();
        scripts.workers.readyAll();
        scripts.workers.last().exit(3, "no database");
        scripts.engine.advance(Duration.ofSeconds(2));
        scripts.workers.readyAll();

        scripts.engine.advance(Duration.ofMillis(500));

        assertThat(judgeWorkers(scripts).getStatus()).isEqualTo(Status.UP);
        assertThat(scripts.pool.snapshot().startFailure()).isNull();
    }

    @Test
    void aScriptThatHasServedIsTrustedUntilItDoesNotStart() {
        AdminFixture scripts = new AdminFixture(1, 1, FakeTransport.withoutHello());
        scripts.pool.start();
        scripts.workers.readyAll();
        scripts.submit("first");
        scripts.workers.last().reply();
        scripts.workers.last().exit(0, "");
        scripts.workers.readyAll();

        assertThat(judgeWorkers(scripts).getStatus()).isEqualTo(Status.UP);

        scripts.workers.last().exit(3, "no database");
        scripts.engine.advance(Duration.ofSeconds(2));
        scripts.workers.readyAll();
        assertThat(judgeWorkers(scripts).getStatus()).isEqualTo(Status.DOWN);
    }

    private static HealthCheckResponse judgeWorkers(AdminFixture scripts) {
        return WorkersReady.judge(scripts.dispatcher.pools().snapshots(), STRICT);
    }

    @Test
    void workersAreDownWithTheLastWordsOfOneThatDoesNotStart() {
        daemon.pool.start();
        workers.last().failStart("PHP Parse error: unexpected }");

        assertDown(
                WorkersReady.judge(snapshot(), STRICT),
                "workers do not start, and it is tried again: worker work-1: PHP Parse error: unexpected }");
    }

    @Test
    void queueIsDownWhileItRefuses() {
        daemon.pool.start();
        workers.readyAll();
        submit(1 + 1 + AdminFixture.MAX_QUEUE - 1); // one runs, one may get an on-demand worker
        assertThat(QueueReady.judge(snapshot(), STRICT).getStatus()).isEqualTo(Status.UP);

        submit(1);

        assertDown(
                QueueReady.judge(snapshot(), STRICT),
                "4 tasks wait and max_queue=3 beside places for 1 in workers that are idle or may start: more are refused; raise max_workers or submit less");
        assertThat(QueueReady.judge(snapshot(), STRICT).getData().orElse(Map.of()))
                .containsEntry("waiting", 4L)
                .containsEntry("max", 4L);
        assertThat(daemon.submit("one too many")).contains("QUEUE_FULL");
    }

    @Test
    void lenientlyOverloadAndBrokenWorkersLeaveTheDaemonReady() {
        daemon.pool.start();
        workers.last().failStart("PHP Parse error: unexpected }");

        HealthCheckResponse broken = WorkersReady.judge(snapshot(), LENIENT);
        assertThat(broken.getStatus()).isEqualTo(Status.UP);
        assertThat(String.valueOf(broken.getData().orElse(Map.of()).get("reason")))
                .contains("unexpected }");
        assertThat(daemon.problems(LENIENT)).isEmpty();
        assertThat(daemon.problems(STRICT)).singleElement().asString().contains("unexpected }");

        daemon.engine.advance(Duration.ofSeconds(5));
        workers.readyAll();
        submit(1 + 1 + AdminFixture.MAX_QUEUE);
        assertThat(QueueReady.judge(snapshot(), STRICT).getStatus()).isEqualTo(Status.DOWN);
        assertThat(QueueReady.judge(snapshot(), LENIENT).getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void lenientlyADaemonIsNotReadyBeforeItsFirstWorkerNorWhenItStops() {
        daemon.pool.start();
        assertDown(
                WorkersReady.judge(snapshot(), LENIENT),
                "no worker has answered yet; 1 are starting");
        workers.readyAll();
        assertThat(WorkersReady.judge(snapshot(), LENIENT).getStatus()).isEqualTo(Status.UP);

        daemon.pool.drain();

        assertDown(WorkersReady.judge(snapshot(), LENIENT), "the daemon is stopping");
        assertThat(daemon.problems(LENIENT)).containsExactly("the daemon is stopping");
    }

    private void submit(int tasks) {
        for (int i = 0; i < tasks; i++) {
            daemon.submit("task-" + daemon.dispatcher.snapshot().submitted());
        }
    }

    private Map<String, PoolSnapshot> snapshot() {
        return daemon.dispatcher.pools().snapshots();
    }

    private static void assertDown(HealthCheckResponse response, String reason) {
        assertThat(response.getStatus()).isEqualTo(Status.DOWN);
        assertThat(response.getData().orElse(Map.of())).containsEntry("reason", reason);
    }
}
