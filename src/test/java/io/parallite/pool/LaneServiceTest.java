package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import org.junit.jupiter.api.Test;

/** Clients that do not read their replies, and those beside them. */
class LaneServiceTest {

    @Test
    void tasksOfHeldLaneWaitThoughWorkersAreIdle() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.lane.hold();

        Submission task = fixture.submit("a");

        assertThat(task.isLeased()).isFalse();
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void releasedLaneIsServedByIdleWorkers() {
        PoolFixture fixture = PoolFixture.ready(2, 2);
        fixture.lane.hold();
        Submission first = fixture.submit("a");
        Submission second = fixture.submit("b");
        Submission third = fixture.submit("c");

        fixture.lane.release();

        assertThat(first.isLeased() && second.isLeased()).isTrue();
        assertThat(third.isLeased()).isFalse();
    }

    @Test
    void heldLaneDoesNotKeepOthersFromIdleWorkers() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.lane.hold();
        Submission held = fixture.submit("held");

        Submission other = fixture.submit("other", fixture.pool.newLane());

        assertThat(other.isLeased()).isTrue();
        assertThat(held.isLeased()).isFalse();
    }

    @Test
    void heldLaneIsPassedOverWhenWorkersComeFree() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("running");
        Submission held = fixture.submit("held");
        Submission other = fixture.submit("other", fixture.pool.newLane());
        fixture.lane.hold();

        fixture.worker("work-1").reply();

        assertThat(other.isLeased()).isTrue();
        assertThat(held.isLeased()).isFalse();
        fixture.worker("work-1").reply();
        fixture.lane.release();
        assertThat(held.isLeased()).isTrue();
    }

    @Test
    void heldTasksStartNoWorkers() {
        PoolFixture fixture = PoolFixture.ready(1, 8);
        fixture.lane.hold();
        fixture.submit("a");
        fixture.submit("b");

        fixture.advanceMillis(1000);

        assertThat(fixture.transport.all()).hasSize(1);
    }

    @Test
    void queueOfHeldLaneIsBounded() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.lane.hold();
        for (int i = 0; i < 2 * PoolFixture.MAX_QUEUE; i++) {
            fixture.submit("task-" + i);
        }

        assertThat(fixture.snapshot().queued())
                .as("max_queue and one for the idle worker")
                .isEqualTo(PoolFixture.MAX_QUEUE + 1);
        assertThat(fixture.submissions.getLast().failureKind()).isEqualTo(FailureKind.QUEUE_FULL);
        assertThat(fixture.submissions.getLast().failure().explanation())
                .startsWith("11 tasks are waiting and max_queue=10 beside places for 1 in workers");
    }

    @Test
    void heldTasksMeetTheirQueueDeadline() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.lane.hold();
        Submission task = fixture.submit("a");

        fixture.engine.advance(PoolFixture.QUEUE_TIMEOUT);

        assertThat(task.failureKind()).isEqualTo(FailureKind.QUEUE_TIMEOUT);
    }

    @Test
    void clientWithManyTasksDoesNotKeepAnotherWaiting() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        for (int i = 0; i < 8; i++) {
            fixture.submit("many-" + i);
        }
        Submission one = fixture.submit("one", fixture.pool.newLane());

        fixture.worker("work-1").reply();
        fixture.worker("work-1").reply();

        assertThat(one.isLeased()).isTrue();
    }
}
