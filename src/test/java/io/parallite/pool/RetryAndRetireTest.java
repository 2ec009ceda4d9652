package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import io.parallite.wire.TestFrames;
import org.junit.jupiter.api.Test;

/** Tasks that no worker has read, and workers that leave in good order. */
class RetryAndRetireTest {

    @Test
    void taskThatNoWorkerHasReadIsServedBeforeTheOthers() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission unread = fixture.submit("unread");
        Submission next = fixture.submit("next");

        fixture.worker("work-1").exitWithoutReading();
        unread.beginAgain(fixture.pool, PoolFixture.TASK_TIMEOUT);
        fixture.worker("work-1").ready();

        assertThat(unread.isLeased()).isTrue();
        assertThat(next.isLeased()).isFalse();
        fixture.worker("work-1").reply();
        assertThat(unread.isReplied()).isTrue();
        assertThat(next.isLeased()).isTrue();
    }

    @Test
    void fullQueueDoesNotRefuseTaskThatNoWorkerHasRead() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission unread = fixture.submit("unread");
        for (int i = 0; i < PoolFixture.MAX_QUEUE; i++) {
            fixture.submit("task-" + i);
        }

        fixture.worker("work-1").exitWithoutReading();
        unread.beginAgain(fixture.pool, PoolFixture.TASK_TIMEOUT);

        assertThat(unread.isAnswered()).isFalse();
        assertThat(fixture.snapshot().queued()).isEqualTo(PoolFixture.MAX_QUEUE + 1);
    }

    @Test
    void tasksBehindOneThatCameBackMeetTheirQueueDeadline() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission unread = fixture.submit("unread");
        Submission next = fixture.submit("next");
        fixture.engine.advance(PoolFixture.QUEUE_TIMEOUT.minusSeconds(1));
        fixture.worker("work-1").exitWithoutReading();
        unread.beginAgain(fixture.pool, PoolFixture.TASK_TIMEOUT);

        fixture.advanceMillis(1000);

        assertThat(next.failureKind()).isEqualTo(FailureKind.QUEUE_TIMEOUT);
    }

    @Test
    void drainRefusesTasksThatCameBackAndThoseBehindThem() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission unread = fixture.submit("unread");
        Submission next = fixture.submit("next");
        fixture.advanceMillis(100);
        fixture.worker("work-1").exitWithoutReading();
        unread.beginAgain(fixture.pool, PoolFixture.TASK_TIMEOUT);

        fixture.pool.drain();

        assertThat(unread.failureKind()).isEqualTo(FailureKind.SHUTTING_DOWN);
        assertThat(next.failureKind()).isEqualTo(FailureKind.SHUTTING_DOWN);
    }

    @Test
    void drainedPoolRefusesTaskThatComesBack() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission unread = fixture.submit("unread");
        fixture.pool.drain();

        fixture.worker("work-1").exitWithoutReading();
        unread.beginAgain(fixture.pool, PoolFixture.TASK_TIMEOUT);

        assertThat(unread.failureKind()).isEqualTo(FailureKind.SHUTTING_DOWN);
    }

    @Test
    void workerThatSaysItLeavesGetsNoFurtherTask() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission last = fixture.submit("last");
        Submission next = fixture.submit("next");
        FakeChannel leaving = fixture.worker("work-1");

        leaving.send(
                TestFrames.json("{'task_id':'last','ok':false,'error':'e','worker_ends':true}"));

        assertThat(last.isReplied()).isTrue();
        assertThat(next.isLeased()).isFalse();
        assertThat(leaving.wasToldToEnd()).isTrue();
        leaving.exit(3, "");
        fixture.worker("work-1").ready();
        assertThat(next.isLeased()).as("on its successor, without a pause").isTrue();
    }

    @Test
    void onDemandWorkerThatFindsNothingToDoEnds() {
        PoolFixture fixture = PoolFixture.ready(1, 4);
        fixture.submit("a");
        fixture.submit("b");
        fixture.engine.advance(PoolSizing.SHORTEST_START);
        FakeChannel surplus = fixture.transport.last();
        fixture.worker("work-1").reply();
        fixture.worker("work-1").reply();

        surplus.ready();

        assertThat(surplus.name().persistent()).isFalse();
        assertThat(surplus.wasToldToEnd()).isTrue();
        surplus.exitAsTold();
        assertThat(fixture.transport.alive()).hasSize(1);
        assertThat(fixture.startFailure()).isNull();
    }
}
