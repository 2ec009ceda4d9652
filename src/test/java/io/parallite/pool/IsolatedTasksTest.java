package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import io.parallite.worker.Recycling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tasks that have a worker for themselves, in a pool whose workers run many tasks. */
class IsolatedTasksTest {

    private static final Recycling KEEPS_IDLE =
            new Recycling(0, 0, Duration.ZERO, Duration.ofSeconds(10));

    @Test
    void isolatedTaskGetsAWorkerThatHasRunNone() {
        PoolFixture fixture = PoolFixture.ready(1, 4);
        FakeChannel used = fixture.worker("work-1");

        Submission task = fixture.submitIsolated("a");

        assertThat(task.isLeased()).as("leased to a used worker").isFalse();
        assertThat(fixture.transport.alive()).as("a fresh one starts beside it").hasSize(2);
        fixture.transport.readyAll();
        assertThat(task.isLeased()).isTrue();
        assertThat(used.isAsked()).isFalse();
        assertThat(used.isDoomed()).isFalse();
    }

    @Test
    void automaticIsolationIsForWorkersThatAreForked() {
        PoolFixture fixture = PoolFixture.ready(1, 4);

        Submission shares = fixture.submitIsolatedWhereForked("a");
        assertThat(shares.worker()).isEqualTo("work-1");
        fixture.worker("work-1").reply();
        fixture.transport.startForking();
        Submission alone = fixture.submitIsolatedWhereForked("b");

        assertThat(alone.isLeased()).isFalse();
        fixture.transport.readyAll();
        assertThat(alone.worker()).isNotEqualTo("work-1");
    }

    @Test
    void workerEndsAfterAnIsolatedTask() {
        PoolFixture fixture = PoolFixture.ready(1, 4);
        Submission task = fixture.submitIsolated("a");
        fixture.transport.readyAll();

        FakeChannel worker = fixture.worker(task.worker());
        worker.reply();

        assertThat(task.isReplied()).isTrue();
        assertThat(worker.wasToldToEnd()).isTrue();
        worker.exitAsTold();
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
        assertThat(fixture.snapshot().busy()).isZero();
    }

    @Test
    void freshWorkersAreKeptForIsolatedTasks() {
        PoolFixture fixture = PoolFixture.starting(2, 2);
        fixture.transport.readyAll();
        Submission first = fixture.submit("first");
        FakeChannel used = fixture.worker(first.worker());
        used.reply();

        Submission second = fixture.submit("second");
        used.reply();
        Submission isolated = fixture.submitIsolated("isolated");

        assertThat(second.worker()).isEqualTo(first.worker());
        assertThat(isolated.worker()).isNotEqualTo(first.worker());
    }

    @Test
    void otherTasksOfTheSameClientPassOneThatWaits() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("running");
        Submission isolated = fixture.submitIsolated("isolated");
        Submission later = fixture.submit("later");

        fixture.worker("work-1").reply();

        assertThat(isolated.isLeased()).isFalse();
        assertThat(later.isLeased() || fixture.worker("work-1").isDoomed()).isTrue();
    }

    @Test
    void idleWorkerMakesRoomInAFullPool() {
        PoolFixture fixture = PoolFixture.ready(3, 3);

        Submission task = fixture.submitIsolated("a");

        List<FakeChannel> doomed = doomed(fixture);
        assertThat(doomed).as("no more than one ends for one task").hasSize(1);
        doomed.getFirst().exitAsTold();
        assertThat(fixture.transport.alive()).hasSize(3);
        fixture.transport.readyAll();
        assertThat(task.isLeased()).isTrue();
        assertThat(fixture.snapshot().restartsByReason()).containsEntry("isolated", 1L);
    }

    @Test
    void workerThatComesFreeMakesRoomInAFullPool() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("running");
        Submission isolated = fixture.submitIsolated("isolated");
        FakeChannel worker = fixture.worker("work-1");

        worker.reply();
        worker.exitAsTold();
        fixture.transport.readyAll();

        assertThat(isolated.isLeased()).isTrue();
        assertThat(fixture.transport.alive()).hasSize(1);
    }

    @Test
    void withOneWorkerNeitherKindStarves() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Lane ordinary = fixture.pool.newLane();
        Lane isolated = fixture.pool.newLane();
        List<Submission> tasks = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            tasks.add(fixture.submit("ordinary-" + i, ordinary));
            tasks.add(fixture.submitIsolated("isolated-" + i, isolated));
        }
        List<String> order = new ArrayList<>();

        for (int i = 0; i < 60; i++) {
            fixture.transport.work();
            tasks.stream()
                    .filter(Submission::isReplied)
                    .map(Submission::id)
                    .filter(id -> !order.contains(id))
                    .forEach(order::add);
        }

        assertThat(order).hasSize(tasks.size());
        assertThat(order.subList(0, 4).stream().filter(id -> id.startsWith("ordinary"))).hasSize(2);
    }

    /** New tasks of both kinds come faster than they are served. */
    @Test
    void neitherKindStarvesWhileTheOtherNeverStops() {
        for (int max = 1; max <= 4; max++) {
            PoolFixture fixture = PoolFixture.ready(max, max);
            Lane ordinary = fixture.pool.newLane();
            Lane isolated = fixture.pool.newLane();
            List<Submission> ofOrdinary = new ArrayList<>();
            List<Submission> ofIsolated = new ArrayList<>();

            for (int round = 0; round < 100; round++) {
                while (waiting(ofOrdinary) < 4) {
                    ofOrdinary.add(fixture.submit("ordinary-" + ofOrdinary.size(), ordinary));
                }
                while (waiting(ofIsolated) < 4) {
                    ofIsolated.add(
                            fixture.submitIsolated("isolated-" + ofIsolated.size(), isolated));
                }
                fixture.transport.work();
                assertThat(fixture.transport.alive()).hasSizeLessThanOrEqualTo(max);
            }

            assertThat(ofOrdinary.stream().filter(Submission::isReplied))
                    .as("ordinary tasks with max_workers=%d", max)
                    .hasSizeGreaterThan(15);
            assertThat(ofIsolated.stream().filter(Submission::isReplied))
                    .as("isolated tasks with max_workers=%d", max)
                    .hasSizeGreaterThan(15);
        }
    }

    private static long waiting(List<Submission> tasks) {
        return tasks.stream().filter(task -> !task.isAnswered()).count();
    }

    @Test
    void isolatedTasksHaveAtMostHalfOfTheWorkersWhileOthersWait() {
        PoolFixture fixture = PoolFixture.ready(4, 4);
        for (int i = 0; i < 4; i++) {
            fixture.submit("running-" + i);
        }
        Lane other = fixture.pool.newLane();
        for (int i = 0; i < 4; i++) {
            fixture.submit("ordinary-" + i);
            fixture.submitIsolated("isolated-" + i, other);
        }

        for (FakeChannel worker : fixture.transport.alive()) {
            worker.reply();
        }

        assertThat(doomed(fixture)).hasSize(2);
    }

    @Test
    void nothingIsLaidBesideAnIsolatedTask() {
        PoolFixture fixture = PoolFixture.readyToPrefetch(1, 2);
        Submission isolated = fixture.submitIsolated("isolated");
        fixture.transport.readyAll();
        FakeChannel own = fixture.worker(isolated.worker());

        for (int i = 0; i < 6; i++) {
            fixture.submit("ordinary-" + i);
        }
        fixture.worker("work-1").reply();

        assertThat(own.laid()).isEmpty();
        assertThat(fixture.worker("work-1").laid()).isNotEmpty();
    }

    @Test
    void tasksLaidBesideOthersDoNotKeepAnIsolatedOneWaiting() {
        PoolFixture fixture = PoolFixture.readyToPrefetch(1, 1);
        fixture.submit("running");
        Submission isolated = fixture.submitIsolated("isolated", fixture.pool.newLane());

        for (int i = 0; i < 40 && !isolated.isReplied(); i++) {
            fixture.submit("ordinary-" + i);
            fixture.transport.work();
        }

        assertThat(isolated.isReplied()).isTrue();
    }

    @Test
    void persistentWorkerOfAnIsolatedTaskIsReplacedWhileThatRuns() {
        PoolFixture fixture = PoolFixture.starting(1, 2);
        fixture.transport.readyAll();
        Submission isolated = fixture.submitIsolated("isolated");
        assertThat(isolated.worker()).isEqualTo("work-1");

        fixture.transport.readyAll();
        Submission next = fixture.submit("next");

        assertThat(next.isLeased()).isTrue();
        assertThat(isolated.isAnswered()).isFalse();
    }

    @Test
    void keepsFreshWorkersReadyAtTheRateOfIsolatedTasks() {
        PoolFixture fixture = PoolFixture.starting(1, 6, KEEPS_IDLE);
        fixture.transport.readyAll();
        for (int i = 0; i < 3; i++) {
            fixture.submitIsolated("first-" + i);
            fixture.transport.work();
            fixture.transport.work();
            fixture.advanceMillis(20);
        }
        fixture.transport.readyAll();

        Submission next = fixture.submitIsolated("next");

        assertThat(next.isLeased()).as("waited for no start").isTrue();
    }

    @Test
    void endsFreshWorkersWhenNoIsolatedTasksComeAnyLonger() {
        PoolFixture fixture = PoolFixture.starting(1, 6, KEEPS_IDLE);
        fixture.transport.readyAll();
        for (int i = 0; i < 10; i++) {
            fixture.submitIsolated("task-" + i);
            fixture.transport.work();
        }
        for (int i = 0; i < 10; i++) {
            fixture.advanceMillis(10_000);
            fixture.transport.work();
        }

        assertThat(fixture.transport.alive()).hasSize(1);
        assertThat(fixture.engine.pendingTimers()).as("timers that go on").isZero();
    }

    @Test
    void startsNothingForTasksThatAreNotIsolated() {
        PoolFixture fixture = PoolFixture.starting(2, 6, KEEPS_IDLE);
        fixture.transport.readyAll();
        for (int i = 0; i < 50; i++) {
            fixture.submit("task-" + i);
            fixture.transport.work();
            fixture.advanceMillis(50);
        }
        fixture.advanceMillis(2 * PoolFixture.TASK_TIMEOUT.toMillis());

        assertThat(fixture.transport.all()).hasSize(2);
        assertThat(fixture.engine.pendingTimers()).isZero();
    }

    @Test
    void timedOutTaskTakesItsWorkerWithIt() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submitIsolated("a");
        replaceDoomed(fixture);

        fixture.advanceMillis(PoolFixture.TASK_TIMEOUT.toMillis());

        assertThat(task.failureKind()).isEqualTo(FailureKind.TIMEOUT);
        replaceDoomed(fixture);
        assertServes(fixture);
    }

    @Test
    void cancelledTaskTakesItsWorkerWithIt() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submitIsolated("a");
        replaceDoomed(fixture);

        task.cancel();

        replaceDoomed(fixture);
        assertServes(fixture);
    }

    @Test
    void taskThatIsCancelledWhileItWaitsLeavesAFreshWorkerForTheNext() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submitIsolated("a");
        task.cancel();
        replaceDoomed(fixture);

        Submission next = fixture.submitIsolated("b");

        assertThat(next.isLeased()).isTrue();
        assertThat(fixture.snapshot().queued()).isZero();
    }

    @Test
    void crashInAnIsolatedTaskIsCountedAsOne() {
        PoolFixture fixture = PoolFixture.starting(1, 1);
        fixture.transport.readyAll();
        Submission task = fixture.submitIsolated("a");

        fixture.worker("work-1").exit(139, "Segmentation fault");

        assertThat(task.failureKind()).isEqualTo(FailureKind.WORKER_CRASHED);
        fixture.advanceMillis(2000);
        fixture.transport.readyAll();
        assertThat(fixture.snapshot().restartsByReason()).containsEntry("crashed", 1L);
        assertServes(fixture);
    }

    @Test
    void unreadTaskGoesToAnotherFreshWorker() {
        PoolFixture fixture = PoolFixture.ready(1, 3);
        Submission task = fixture.submitIsolated("a");
        fixture.transport.readyAll();

        fixture.worker(task.worker()).exitWithoutReading();
        task.beginAgain(fixture.pool, PoolFixture.TASK_TIMEOUT);
        fixture.transport.readyAll();

        assertThat(task.worker()).isNotEqualTo("work-1");
    }

    @Test
    void whenNoWorkerStartsOnlyIsolatedTasksAreRefused() {
        PoolFixture fixture = PoolFixture.ready(1, 3);
        Submission task = fixture.submitIsolated("a");

        fixture.transport.last().failStart("Parse error");

        assertThat(task.failureKind()).isEqualTo(FailureKind.WORKER_START_FAILED);
        assertThat(fixture.submitIsolated("b").failureKind())
                .isEqualTo(FailureKind.WORKER_START_FAILED);
        assertThat(fixture.worker("work-1").isDoomed()).as("a worker is given up").isFalse();
        assertThat(fixture.submit("c").isLeased()).isTrue();
    }

    @Test
    void isolatedTaskTimesOutInTheQueueAsOthersDo() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("running");
        Submission task = fixture.submitIsolated("a");

        fixture.advanceMillis(PoolFixture.QUEUE_TIMEOUT.toMillis() + 1000);

        assertThat(task.failureKind()).isEqualTo(FailureKind.QUEUE_TIMEOUT);
    }

    @Test
    void heldLaneMakesNoWorkerGiveWay() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.lane.hold();

        Submission task = fixture.submitIsolated("a");

        assertThat(doomed(fixture)).isEmpty();
        fixture.lane.release();
        replaceDoomed(fixture);
        assertThat(task.isLeased()).isTrue();
    }

    @Test
    void reloadReplacesWorkersWhileAnIsolatedTaskRuns() {
        PoolFixture fixture = PoolFixture.ready(2, 3);
        Submission task = fixture.submitIsolated("a");
        fixture.transport.readyAll();
        FakeChannel own = fixture.worker(task.worker());
        List<ReloadOutcome> outcomes = new ArrayList<>();

        fixture.pool.reload().subscribe().with(outcomes::add);
        for (int i = 0; i < 10; i++) {
            fixture.transport.readyAll();
            fixture.transport.alive().stream()
                    .filter(worker -> worker.isDoomed() && worker != own)
                    .forEach(FakeChannel::exitAsTold);
        }

        assertThat(outcomes).hasSize(1).first().isInstanceOf(ReloadOutcome.Done.class);
        own.reply();
        assertThat(task.isReplied()).isTrue();
    }

    @Test
    void drainRefusesTasksThatWaitForAFreshWorker() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submitIsolated("a");

        fixture.pool.drain();

        assertThat(task.failureKind()).isEqualTo(FailureKind.SHUTTING_DOWN);
    }

    private static List<FakeChannel> doomed(PoolFixture fixture) {
        return fixture.transport.alive().stream().filter(FakeChannel::isDoomed).toList();
    }

    private static void replaceDoomed(PoolFixture fixture) {
        doomed(fixture).forEach(FakeChannel::exitAsTold);
        fixture.transport.readyAll();
    }

    /** Workers and leases are as before. */
    private static void assertServes(PoolFixture fixture) {
        assertThat(fixture.snapshot().busy()).isZero();
        assertThat(fixture.snapshot().idle()).isEqualTo(fixture.snapshot().fixed());
        assertThat(fixture.submit("after").isLeased()).isTrue();
    }
}
