package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PoolStoppingTest {

    private final AtomicInteger empty = new AtomicInteger();

    @Test
    void drainRefusesWaitingTasksAndLetsRunningOnesFinish() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission running = fixture.submit("running");
        Submission queued = fixture.submit("queued");

        fixture.pool.drain();
        Submission late = fixture.submit("late");
        fixture.worker("work-1").reply();

        assertThat(queued.failureKind()).isEqualTo(FailureKind.SHUTTING_DOWN);
        assertThat(late.failureKind()).isEqualTo(FailureKind.SHUTTING_DOWN);
        assertThat(running.isReplied()).isTrue();
        assertThat(fixture.worker("work-1").wasToldToEnd()).isTrue();
    }

    @Test
    void drainRefusesTasksOfHeldLanes() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.lane.hold();
        Submission held = fixture.submit("held");

        fixture.pool.drain();

        assertThat(held.failureKind()).isEqualTo(FailureKind.SHUTTING_DOWN);
    }

    @Test
    void drainEndsIdleWorkersAndKillsStartingOnes() {
        PoolFixture fixture = PoolFixture.starting(2, 2);
        fixture.worker("work-1").ready();

        fixture.pool.drain();

        assertThat(fixture.worker("work-1").wasToldToEnd()).isTrue();
        assertThat(fixture.worker("work-1").wasKilled()).isFalse();
        assertThat(fixture.worker("work-2").wasKilled()).isTrue();
    }

    @Test
    void drainedPoolStartsNothingAgain() {
        PoolFixture fixture = PoolFixture.ready(3, 3);
        fixture.worker("work-1").exit(139, "");
        fixture.submit("a");

        fixture.pool.drain();
        List.copyOf(fixture.transport.alive()).stream()
                .filter(FakeChannel::isDoomed)
                .forEach(FakeChannel::exitAsTold);
        fixture.advanceMillis(60_000);

        assertThat(fixture.transport.all()).hasSize(3);
        assertThat(fixture.transport.alive()).hasSize(1);
    }

    @Test
    void stopKillsWhatRunsAndTellsWhenTheLastProcessIsGone() {
        PoolFixture fixture = PoolFixture.ready(2, 2);
        Submission running = fixture.submit("running");

        fixture.pool.stop(empty::incrementAndGet);

        assertThat(running.failureKind()).isEqualTo(FailureKind.ABORTED);
        List<FakeChannel> ending = List.copyOf(fixture.transport.alive());
        assertThat(ending).hasSize(2).allMatch(FakeChannel::wasKilled);
        ending.getFirst().exitAsTold();
        assertThat(empty).hasValue(0);
        assertThat(fixture.transport.isClosed()).isFalse();
        ending.getLast().exitAsTold();
        assertThat(empty).hasValue(1);
        assertThat(fixture.transport.isClosed()).isTrue();
    }

    @Test
    void stopOfAnEmptyPoolTellsAtOnce() {
        PoolFixture fixture = PoolFixture.starting(0, 4);

        fixture.pool.stop(empty::incrementAndGet);

        assertThat(empty).hasValue(1);
    }

    @Test
    void stopCountsProcessesThatAreStarting() {
        PoolFixture fixture = PoolFixture.starting(1, 1);

        fixture.pool.stop(empty::incrementAndGet);
        assertThat(empty).hasValue(0);
        fixture.worker("work-1").exitAsTold();

        assertThat(empty).hasValue(1);
        assertThat(fixture.snapshot().starting()).isZero();
    }

    @Test
    void stopAfterDrainKillsWhatWasToldToEnd() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.pool.drain();

        fixture.pool.stop(empty::incrementAndGet);

        assertThat(fixture.worker("work-1").wasKilled()).isTrue();
    }

    @Test
    void stoppedPoolKeepsNoTimers() {
        PoolFixture fixture = PoolFixture.ready(2, 4);
        fixture.worker("work-2").exit(139, "");
        fixture.submit("a");
        fixture.submit("b");

        fixture.pool.stop(empty::incrementAndGet);
        fixture.transport.alive().forEach(FakeChannel::exitAsTold);

        assertThat(empty).hasValue(1);
        assertThat(fixture.engine.pendingTimers()).isZero();
    }
}
