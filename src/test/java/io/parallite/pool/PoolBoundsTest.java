package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import io.parallite.task.Isolation;
import io.parallite.task.Priority;
import io.parallite.task.Task;
import io.parallite.task.Terms;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many workers there may be, how many tasks may wait, and for how long. */
class PoolBoundsTest {

    @Test
    void startsOnDemandWorkersAtOnceForTasksThatTakeLongerThanAStart() {
        PoolFixture fixture = PoolFixture.ready(1, 4);
        fixture.submit("a");
        assertThat(fixture.transport.alive()).hasSize(1);

        Submission waiting = fixture.submit("b");
        assertThat(fixture.transport.alive()).hasSize(2);
        fixture.transport.readyAll();

        assertThat(waiting.worker()).startsWith("work-temp-");
    }

    @Test
    void onDemandWorkerServesWhileTasksWaitAndThenEnds() {
        PoolFixture fixture = PoolFixture.ready(1, 2);
        for (int i = 0; i < 5; i++) {
            fixture.submit("task-" + i);
        }
        fixture.transport.readyAll();
        FakeChannel onDemand = fixture.transport.last();

        for (int i = 0; i < 4; i++) {
            assertThat(onDemand.wasToldToEnd()).as("while tasks wait").isFalse();
            onDemand.reply();
        }

        assertThat(onDemand.written()).hasSize(4);
        assertThat(onDemand.wasToldToEnd()).isTrue();
        assertThat(onDemand.wasKilled()).isFalse();
        onDemand.exitAsTold();
        assertThat(fixture.snapshot().workers()).hasSize(1);
    }

    @Test
    void startsTheNextWorkersWhenThoseBeforeAreReady() {
        PoolFixture fixture = PoolFixture.ready(1, 32);
        for (int i = 0; i < 20; i++) {
            fixture.submit("task-" + i);
        }
        assertThat(fixture.snapshot().starting()).as("on two processors").isEqualTo(3);

        fixture.advanceMillis(10);
        assertThat(fixture.snapshot().starting()).isEqualTo(3);
        fixture.transport.last().ready();
        assertThat(fixture.snapshot().starting()).isEqualTo(3);
        fixture.transport.readyAll();

        assertThat(fixture.snapshot().busy()).isEqualTo(5);
        assertThat(fixture.snapshot().starting()).isEqualTo(3);
    }

    @Test
    void startsNoMoreAtATimeWhereWorkersDoNotSayThatTheyAreReady() {
        PoolFixture fixture = withoutHelloAfterATaskOf(100);
        for (int i = 0; i < 20; i++) {
            fixture.submit("task-" + i);
        }
        fixture.transport.readyAll(); // their processes are there, their scripts boot

        fixture.advanceMillis(90);
        assertThat(fixture.transport.alive()).as("one, and three that boot").hasSize(4);

        fixture.advanceMillis(30);
        assertThat(fixture.transport.alive()).as("they are likely to have booted").hasSize(7);
    }

    @Test
    void measuresAStartThatNobodySeesByTheFirstAnswer() {
        PoolFixture fixture = withoutHelloAfterATaskOf(100);
        for (int round = 0; round < 8; round++) {
            fixture.submit("on-the-persistent-one-" + round);
            fixture.submit("on-a-new-one-" + round);
            fixture.transport.readyAll();
            fixture.advanceMillis(120); // of which it boots for 20
            FakeChannel onDemand = fixture.transport.last();
            onDemand.reply();
            onDemand.exitAsTold();
            fixture.worker("work-1").reply();
        }
        for (int i = 0; i < 20; i++) {
            fixture.submit("task-" + i);
        }
        fixture.transport.readyAll();

        fixture.advanceMillis(45);

        assertThat(fixture.transport.alive()).as("three have booted").hasSize(7);
    }

    /** One worker, which has booted long ago and has then run a task. */
    private static PoolFixture withoutHelloAfterATaskOf(long millis) {
        PoolFixture fixture = PoolFixture.startingWithoutHello(1, 32);
        fixture.transport.readyAll();
        fixture.advanceMillis(1000);
        fixture.submit("first");
        fixture.advanceMillis(millis);
        fixture.transport.last().reply();
        return fixture;
    }

    @Test
    void onDemandWorkersHaveNamesOfTheirOwn() {
        PoolFixture fixture = PoolFixture.ready(1, 8);
        for (int i = 0; i < 8; i++) {
            fixture.submit("task-" + i);
        }

        for (int i = 0; i < 3; i++) {
            fixture.advanceMillis(10);
            fixture.transport.readyAll();
        }

        assertThat(fixture.transport.alive())
                .hasSize(8)
                .extracting(channel -> channel.name().value())
                .doesNotHaveDuplicates();
    }

    @Test
    void startsAWorkerForEachWaitingTaskWhenTasksAreMuchLongerThanStarts() {
        PoolFixture fixture = PoolFixture.ready(1, 32);
        for (int i = 0; i < 50; i++) {
            fixture.submit("tiny-" + i);
            fixture.worker("work-1").reply();
        }
        for (int i = 0; i < 20; i++) {
            fixture.submit("task-" + i);
        }
        fixture.advanceMillis(3);
        assertThat(fixture.transport.alive()).as("as long as tasks seem short").hasSize(1);

        for (int i = 0; i < 7; i++) {
            fixture.advanceMillis(10);
            fixture.transport.readyAll();
        }

        assertThat(fixture.snapshot().busy()).isEqualTo(20);
    }

    @Test
    void doesNotTakeItsOwnDelayForLongTasks() {
        PoolFixture fixture = PoolFixture.ready(1, 8);
        for (int i = 0; i < 50; i++) {
            fixture.submit("tiny-" + i);
            fixture.worker("work-1").reply();
        }
        for (int i = 0; i < 3; i++) {
            fixture.submit("task-" + i);
        }

        fixture.engine.holdUp(Duration.ofMillis(100));
        fixture.advanceMillis(0);
        assertThat(fixture.transport.alive()).as("the reply may be there already").hasSize(1);

        fixture.engine.holdUp(Duration.ofMillis(100));
        fixture.advanceMillis(0);
        assertThat(fixture.transport.alive()).as("it has had time to be read").hasSize(3);
    }

    @Test
    void doesNotLookAgainAndAgainForRoomThatComesWhenAWorkerEnds() {
        PoolFixture fixture = PoolFixture.ready(1, 2);
        fixture.submit("long-a");
        fixture.submit("long-b");
        fixture.transport.readyAll();
        fixture.submit("waits");
        long before = fixture.engine.scheduledTimers();

        fixture.advanceMillis(10_000);

        assertThat(fixture.engine.scheduledTimers() - before)
                .as("timers of ten seconds, of which the wedge watch has one a second")
                .isLessThan(20);
        fixture.transport.last().exit(0, "");
        fixture.advanceMillis(5);
        assertThat(fixture.transport.alive()).as("a worker for the task that waits").hasSize(2);
    }

    @Test
    void startsNoWorkerWhileRepliesWaitForMemory() {
        PoolFixture fixture = PoolFixture.ready(1, 8);
        fixture.worker("work-1").waitsForRoom(true);
        fixture.submit("large");
        for (int i = 0; i < 5; i++) {
            fixture.submit("next-" + i);
        }

        fixture.advanceMillis(3000);

        assertThat(fixture.transport.alive()).as("others would have to wait, too").hasSize(1);
        fixture.worker("work-1").waitsForRoom(false);
        fixture.advanceMillis(3000);
        assertThat(fixture.transport.alive()).hasSizeGreaterThan(1);
    }

    @Test
    void doesNotTakeTheWaitForMemoryForTheTimeOfATask() {
        PoolFixture fixture = PoolFixture.ready(1, 8);
        for (int i = 0; i < 50; i++) {
            fixture.submit("tiny-" + i);
            fixture.worker("work-1").reply();
        }
        fixture.submit("large");
        fixture.worker("work-1").waitsForRoom(true);
        fixture.advanceMillis(3000);
        fixture.worker("work-1").reply();
        fixture.worker("work-1").waitsForRoom(false);

        for (int i = 0; i < 5; i++) {
            fixture.submit("tiny-again-" + i);
        }

        assertThat(fixture.transport.alive()).as("tasks are as short as before").hasSize(1);
    }

    @Test
    void startsNoMoreWorkersThanTasksWait() {
        PoolFixture fixture = PoolFixture.ready(1, 32);
        fixture.submit("a");
        fixture.submit("b");
        fixture.submit("c");

        fixture.advanceMillis(1000);

        assertThat(fixture.transport.alive()).hasSize(3);
    }

    @Test
    void tinyTasksDoNotGrowThePool() {
        PoolFixture fixture = PoolFixture.ready(1, 8);
        for (int i = 0; i < 10; i++) {
            fixture.submit("before-" + i);
            fixture.worker("work-1").reply();
        }
        for (int i = 0; i < 17; i++) {
            fixture.submit("task-" + i);
        }

        for (int i = 0; i < 17; i++) {
            fixture.advanceMillis(1);
            fixture.worker("work-1").reply();
        }

        assertThat(fixture.transport.all()).as("processes ever started").hasSize(1);
        assertThat(fixture.submissions).allMatch(Submission::isReplied);
    }

    @Test
    void longTasksGrowThePoolThoughWorkersComeFreeNowAndThen() {
        PoolFixture fixture = PoolFixture.ready(2, 8);
        for (int i = 0; i < 12; i++) {
            fixture.submit("task-" + i);
        }

        for (int i = 0; i < 12 && fixture.transport.all().size() == 2; i++) {
            fixture.advanceMillis(9);
            fixture.worker(i % 2 == 0 ? "work-1" : "work-2").reply();
        }

        assertThat(fixture.transport.all()).hasSizeGreaterThan(2);
    }

    @Test
    void neverRunsMoreThanMaxWorkers() {
        PoolFixture fixture = PoolFixture.ready(2, 5);
        for (int i = 0; i < 12; i++) {
            fixture.submit("task-" + i);
        }

        for (int i = 0; i < 4; i++) {
            fixture.advanceMillis(1000);
            fixture.transport.readyAll();
        }

        assertThat(fixture.transport.alive()).hasSize(5);
        assertThat(fixture.snapshot().queued()).isEqualTo(7);
    }

    @Test
    void processThatIsEndingCountsUntilItIsGone() {
        PoolFixture fixture = PoolFixture.ready(1, 2);
        fixture.submit("a");
        fixture.submit("b");
        fixture.engine.advance(PoolSizing.SHORTEST_START);
        fixture.transport.readyAll();
        FakeChannel ending = fixture.transport.last();
        ending.reply();
        Submission waiting = fixture.submit("c");

        fixture.advanceMillis(1000);
        assertThat(fixture.transport.alive()).hasSize(2);
        assertThat(fixture.snapshot().ending()).isEqualTo(1);
        ending.exitAsTold();
        fixture.advanceMillis(1000);
        fixture.transport.readyAll();

        assertThat(fixture.transport.alive()).hasSize(2);
        assertThat(waiting.isLeased()).isTrue();
    }

    @Test
    void placesOfCrashedWorkersAreNotGivenAwayTwice() {
        PoolFixture fixture = PoolFixture.ready(2, 2);
        for (int i = 0; i < 6; i++) {
            fixture.submit("task-" + i);
        }
        List.copyOf(fixture.transport.alive()).forEach(worker -> worker.exit(139, ""));

        for (int i = 0; i < 300; i++) {
            fixture.advanceMillis(10);
            fixture.transport.readyAll();
            assertThat(fixture.transport.alive()).hasSizeLessThanOrEqualTo(2);
        }
        for (int i = 0; i < 300; i++) {
            fixture.transport.work();
            fixture.advanceMillis(10);
        }
        assertThat(fixture.submissions).allMatch(Submission::isAnswered);
        assertThat(fixture.transport.alive())
                .extracting(channel -> channel.name().value())
                .containsExactlyInAnyOrder("work-1", "work-2");
    }

    @Test
    void replacementOfPersistentWorkerKeepsItsPlaceFromOnDemandOnes() {
        PoolFixture fixture = PoolFixture.ready(1, 2);
        for (int i = 0; i < 6; i++) {
            fixture.submit("task-" + i);
        }
        fixture.worker("work-1").exit(139, "");

        fixture.advanceMillis(2000);

        assertThat(fixture.transport.alive()).hasSize(2);
        assertThat(fixture.worker("work-1").isStarting()).isTrue();
    }

    @Test
    void startsWorkersOnDemandWhenThereAreNoPersistentOnes() {
        PoolFixture fixture = PoolFixture.starting(0, 2);
        assertThat(fixture.transport.all()).isEmpty();
        assertThat(fixture.snapshot().isServing()).isTrue();

        Submission task = fixture.submit("a");
        fixture.transport.readyAll();
        fixture.transport.last().reply();

        assertThat(task.isReplied()).isTrue();
    }

    @Test
    void refusesTaskBeyondMaxQueue() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("running");
        for (int i = 0; i < PoolFixture.MAX_QUEUE; i++) {
            assertThat(fixture.submit("queued-" + i).isAnswered()).isFalse();
        }

        Submission refused = fixture.submit("too much");

        assertThat(refused.failureKind()).isEqualTo(FailureKind.QUEUE_FULL);
        assertThat(refused.failure().explanation()).contains("10 tasks", "max_queue=10");
        fixture.worker("work-1").reply();
        assertThat(fixture.submit("fits again").isAnswered()).isFalse();
    }

    @Test
    void tasksThatWorkersOnTheirWayWillTakeDoNotCountAsQueued() {
        PoolFixture fixture = PoolFixture.starting(2, 4, 0, 1);

        for (int i = 0; i < 4; i++) {
            assertThat(fixture.submit("task-" + i).isAnswered()).isFalse();
        }

        assertThat(fixture.submit("one too many").failureKind()).isEqualTo(FailureKind.QUEUE_FULL);
    }

    @Test
    void queuedTaskIsRefusedAfterQueueTimeout() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission running = fixture.submit("running");
        Submission first = fixture.submit("first");
        fixture.advanceMillis(10_000);
        Submission second = fixture.submit("second");

        fixture.engine.advance(PoolFixture.QUEUE_TIMEOUT.minusMillis(10_001));
        assertThat(first.isAnswered()).isFalse();
        fixture.advanceMillis(1);
        assertThat(first.failureKind()).isEqualTo(FailureKind.QUEUE_TIMEOUT);
        assertThat(first.failure().explanation()).contains("queue_timeout_ms=30000");
        assertThat(second.isAnswered()).isFalse();
        fixture.advanceMillis(10_000);
        assertThat(second.failureKind()).isEqualTo(FailureKind.QUEUE_TIMEOUT);

        fixture.worker("work-1").reply();
        assertThat(running.isReplied()).isTrue();
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
        assertThat(first.isLeased() || second.isLeased()).isFalse();
    }

    @Test
    void taskMayHaveLessPatienceThanTheQueue() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("running");
        Submission usual = fixture.submit("usual");
        Submission patient = fixture.submit(impatient("patient", 9_000));
        Submission hasty = fixture.submit(impatient("hasty", 500));

        fixture.advanceMillis(499);
        assertThat(hasty.isAnswered()).isFalse();
        fixture.advanceMillis(1);

        assertThat(hasty.failureKind()).isEqualTo(FailureKind.QUEUE_TIMEOUT);
        assertThat(hasty.failure().explanation())
                .startsWith("task waited its queue_timeout_ms=500");
        assertThat(usual.isAnswered() || patient.isAnswered()).isFalse();
        fixture.worker("work-1").reply();
        fixture.worker("work-1").reply();
        fixture.advanceMillis(9_000);
        fixture.worker("work-1").reply();
        assertThat(patient.isReplied()).isTrue();
        assertThat(fixture.snapshot().queued()).isZero();
    }

    private static Task impatient(String id, int millis) {
        Duration patience = Duration.ofMillis(millis);
        return PoolFixture.task(
                id, new Terms(Isolation.NONE, Priority.NORMAL, patience, false, null));
    }

    @Test
    void quietPoolKeepsNoTimers() {
        PoolFixture fixture = PoolFixture.ready(1, 4);
        fixture.submit("a");
        fixture.submit("b");
        fixture.worker("work-1").reply();
        fixture.worker("work-1").reply();

        fixture.advanceMillis(120_000);

        assertThat(fixture.engine.pendingTimers()).isZero();
    }
}
