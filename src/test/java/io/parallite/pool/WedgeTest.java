package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A queue that stands still for a reason that must not exist is noticed and mended. */
class WedgeTest {

    @Test
    void workerThatNobodyHasIsFoundAgain() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.pool.workers.idle.take(); // lost: neither parked nor leased

        Submission task = fixture.submit("task");
        fixture.advanceMillis(999);
        assertThat(task.isLeased()).isFalse();
        fixture.advanceMillis(1);

        assertThat(task.isLeased()).isTrue();
        assertThat(fixture.snapshot().wedges()).isEqualTo(1);
        fixture.transport.work();
        assertThat(task.isReplied()).isTrue();
    }

    @Test
    void takesNoTimeThatAQueueNeedsForAWedge() {
        PoolFixture fixture = PoolFixture.ready(2, 2);
        for (int i = 0; i < 6; i++) {
            fixture.submit("task-" + i);
        }

        for (int i = 0; i < 10; i++) {
            fixture.advanceMillis(1500);
            if (i % 2 == 0) {
                fixture.worker("work-1").reply();
            } else if (i < 6) {
                fixture.worker("work-2").reply();
            }
            if (fixture.snapshot().queued() == 0) {
                break;
            }
        }

        assertThat(fixture.snapshot().wedges()).isZero();
    }

    @Test
    void waitingForARestartIsNoWedge() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("a");
        Submission next = fixture.submit("next");
        for (int i = 0; i < 3; i++) {
            fixture.worker("work-1").exit(255, "Fatal error");
            fixture.advanceMillis(800);
            fixture.advanceMillis(4000);
            fixture.transport.readyAll();
            if (next.isLeased()) {
                break;
            }
        }

        assertThat(fixture.snapshot().wedges()).isZero();
    }

    @Test
    void heldLanesAreNoWedge() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.lane.hold();
        fixture.submit("held");

        fixture.advanceMillis(5000);

        assertThat(fixture.snapshot().wedges()).isZero();
    }

    @Test
    void emptyQueueNeedsNoTimer() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("a");
        fixture.submit("b");
        fixture.worker("work-1").reply();
        fixture.worker("work-1").reply();
        fixture.advanceMillis(120_000);

        assertThat(fixture.engine.pendingTimers()).isZero();
    }
}
