package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.dispatch.DispatchFixture.Answer;
import io.parallite.engine.ManualEngine;
import io.parallite.pool.FakeChannel;
import io.parallite.pool.FakeTransport;
import io.parallite.pool.Lane;
import io.parallite.pool.PoolSettings;
import io.parallite.pool.PoolSnapshot;
import io.parallite.pool.Pools;
import io.parallite.pool.ReloadOutcome;
import io.parallite.pool.WorkerPool;
import io.parallite.task.Delivery;
import io.parallite.task.FailureKind;
import io.parallite.task.Isolation;
import io.parallite.task.Priority;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.Terms;
import io.parallite.worker.Recycling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two pools beside each other: whose workers a task gets, and what of one touches the other. */
class PoolsTest {

    private static final Duration QUEUE_TIMEOUT = Duration.ofMinutes(10);

    private final ManualEngine engine = new ManualEngine();
    private final FakeTransport ofMain = new FakeTransport();
    private final FakeTransport ofReports = new FakeTransport();
    private Pools pools;
    private Dispatcher dispatcher;
    private Lane lane;

    @BeforeEach
    void build() {
        Map<String, WorkerPool> byName = new LinkedHashMap<>();
        byName.put("default", pool(ofMain, "work", 1, Duration.ofSeconds(30)));
        byName.put("reports", pool(ofReports, "work-reports", 1, Duration.ofSeconds(90)));
        pools = new Pools(byName);
        dispatcher =
                new Dispatcher(
                        engine, pools, new TaskCache(engine, Duration.ofMinutes(6), 1 << 20));
        lane = dispatcher.newLane();
        pools.start();
        ofMain.readyAll();
        ofReports.readyAll();
    }

    private WorkerPool pool(FakeTransport transport, String prefix, int max, Duration timeout) {
        return new WorkerPool(
                engine,
                transport,
                new PoolSettings(
                        1,
                        max,
                        timeout,
                        prefix,
                        3,
                        QUEUE_TIMEOUT,
                        Recycling.NONE,
                        Duration.ZERO,
                        Long.MAX_VALUE,
                        false),
                new Random(1));
    }

    @Test
    void aTaskRunsInThePoolThatItNames() {
        submit("a", null);
        submit("b", "default");
        submit("c", "reports");

        assertThat(ofMain.named("work-1").isAsked()).isTrue();
        assertThat(ofReports.named("work-reports-1").isAsked()).isTrue();
        assertThat(pools.snapshots().get("default").queued()).isEqualTo(1);
        assertThat(pools.snapshots().get("reports").queued()).isZero();
    }

    @Test
    void aPoolThatThereIsNotIsNamedWithThoseThatThereAre() {
        Answer answer = submit("a", "report");

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.INVALID_REQUEST);
        assertThat(answer.failure().message())
                .isEqualTo(
                        "there is no pool \"report\"; there are default, reports; add it to pools in parallite.json");
        assertThat(submit("b", "line\nbreak").failure().message())
                .startsWith("there is no pool \"line\\nbreak\"; there are");
        assertThat(dispatcher.snapshot().inFlight()).isZero();
        assertThat(dispatcher.snapshot().submitted()).isZero();
    }

    @Test
    void eachHasAQueueAndATimeoutOfItsOwn() {
        for (int i = 0; i < 5; i++) {
            submit("r" + i, "reports");
        }
        Answer refused = submit("one too many", "reports");
        Answer other = submit("other", null);
        engine.advance(Duration.ofSeconds(31));

        assertThat(refused.failure().kind()).isEqualTo(FailureKind.QUEUE_FULL);
        assertThat(other.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
        assertThat(pools.snapshots().get("reports").busy()).isEqualTo(1);
        assertThat(pools.snapshots().get("reports").queued()).isEqualTo(3);
    }

    @Test
    void aLaneIsHeldInAllPools() {
        submit("running", "reports");
        Answer waiting = submit("waiting", "reports");
        lane.hold();
        ofReports.last().reply();
        assertThat(ofReports.last().isAsked()).as("its client does not read").isFalse();

        lane.release();
        ofReports.last().reply();

        assertThat(waiting.result().ok()).isTrue();
    }

    @Test
    void oneIsPausedWithoutTheOther() {
        pools.pause("reports");
        Answer held = submit("held", "reports");
        submit("a", null);

        assertThat(held.isThere()).isFalse();
        assertThat(ofReports.last().isAsked()).isFalse();
        assertThat(ofMain.last().isAsked()).isTrue();
        assertThat(pools.snapshot().paused()).as("all are").isFalse();
        pools.resume("reports");
        assertThat(ofReports.last().isAsked()).isTrue();
        pools.pause(null);
        assertThat(pools.snapshot().paused()).isTrue();
        assertThatExceptionOfType(TaskException.class)
                .isThrownBy(() -> pools.pause("mail"))
                .withMessageContaining("there is no pool \"mail\"; there are default, reports");
    }

    @Test
    void aTaskLendsThePlaceOfItsWorkerInItsOwnPool() {
        submit("parent", "reports");
        submit(childOf("parent", "child", "default"));
        Answer grandchild = submit(childOf("child", "grandchild", "reports"));
        engine.advance(Duration.ofSeconds(1));
        ofReports.readyAll();

        assertThat(pools.snapshots().get("reports").busy()).as("one place lent").isEqualTo(2);
        assertThat(pools.snapshots().get("default").workers()).hasSize(1);
        ofReports.last().reply();
        assertThat(grandchild.result().ok()).isTrue();
    }

    @Test
    void allAreReloadedTheMainOneFirst() {
        List<ReloadOutcome> outcomes = reload();
        assertThat(ofReports.alive()).as("waits for the main one").hasSize(1);
        work();

        assertThat(outcomes)
                .singleElement()
                .isInstanceOfSatisfying(
                        ReloadOutcome.Done.class, done -> assertThat(done.replaced()).isEqualTo(2));
        assertThat(ofMain.last().version()).isEqualTo(1);
        assertThat(ofReports.last().version()).isEqualTo(1);
    }

    @Test
    void aPoolWhoseNewCodeFailsKeepsItsWorkers() {
        ofReports.findNothing("no script there");
        List<ReloadOutcome> outcomes = reload();
        List<ReloadOutcome> joined = reload();
        work();

        assertThat(outcomes)
                .containsExactly(
                        new ReloadOutcome.Failed(
                                "the workers of the other pools were replaced; pool reports: no script there"));
        assertThat(joined).isEqualTo(outcomes);
        assertThat(ofMain.last().version()).isEqualTo(1);
        assertThat(ofReports.alive()).hasSize(1);
    }

    @Test
    void nothingIsReloadedWhenTheMainOneFails() {
        ofMain.findNothing("bad settings");

        assertThat(reload()).containsExactly(new ReloadOutcome.Failed("bad settings"));
        work();

        assertThat(ofReports.all()).hasSize(1);
    }

    @Test
    void figuresAreSumsOverAll() {
        submit("a", null);
        submit("b", null);
        submit("c", "reports");

        PoolSnapshot all = pools.snapshot();

        assertThat(all.busy()).isEqualTo(2);
        assertThat(all.queued()).isEqualTo(1);
        assertThat(all.fixed()).isEqualTo(2);
        assertThat(all.max()).isEqualTo(2);
        assertThat(all.maxQueue()).isEqualTo(6);
        assertThat(all.workers()).hasSize(2);
    }

    @Test
    void theLastWorkerOfTheLastPoolEndsTheStop() {
        submit("a", null);
        List<String> ends = new ArrayList<>();
        pools.stop(() -> ends.add("empty"));
        ofReports.alive().forEach(FakeChannel::exitAsTold);
        assertThat(ends).isEmpty();

        ofMain.alive().forEach(FakeChannel::exitAsTold);

        assertThat(ends).containsExactly("empty");
        assertThat(ofReports.isClosed()).isTrue();
    }

    private List<ReloadOutcome> reload() {
        List<ReloadOutcome> outcomes = new ArrayList<>();
        pools.reload().subscribe().with(outcomes::add);
        return outcomes;
    }

    private void work() {
        for (int i = 0; i < 3; i++) {
            ofMain.work();
            ofReports.work();
        }
    }

    private Answer submit(String id, @Nullable String pool) {
        return submit(task(id, pool, null));
    }

    private Answer submit(Task task) {
        return DispatchFixture.listen(dispatcher.submit(task, lane));
    }

    private static Task childOf(String parent, String id, String pool) {
        return task(id, pool, new TaskId(parent));
    }

    private static Task task(String id, @Nullable String pool, @Nullable TaskId parent) {
        Task plain = DispatchFixture.task(id, 1, null);
        Terms terms =
                new Terms(
                        pool,
                        Isolation.NONE,
                        Priority.NORMAL,
                        null,
                        false,
                        parent,
                        Delivery.USUAL,
                        List.of(),
                        null,
                        null);
        return new Task(plain.id(), plain.frame(), 1, null, false, terms);
    }
}
