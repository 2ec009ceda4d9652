package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What operators steer: a queue that is paused, and another number of workers. */
class PoolControlTest {

    @Test
    void pausedQueueGivesNoTaskAWorkerAndLetsRunningOnesFinish() {
        PoolFixture fixture = PoolFixture.ready(2, 4);
        Submission running = fixture.submit("running");

        fixture.pool.pause();
        Submission waiting = fixture.submit("waiting");
        fixture.advanceMillis(1000);
        fixture.worker(running.worker()).reply();

        assertThat(running.isReplied()).isTrue();
        assertThat(waiting.isLeased()).isFalse();
        assertThat(fixture.snapshot().paused()).isTrue();
        assertThat(fixture.snapshot().queued()).isEqualTo(1);
        assertThat(fixture.transport.all()).as("no worker is started for it").hasSize(2);
        assertThat(fixture.snapshot().wedges()).isZero();

        fixture.pool.resume();

        assertThat(waiting.isLeased()).isTrue();
        assertThat(fixture.snapshot().paused()).isFalse();
    }

    @Test
    void tasksOfAPausedQueueTimeOut() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.pool.pause();
        Submission waiting = fixture.submit("waiting");

        fixture.advanceMillis(PoolFixture.QUEUE_TIMEOUT.toMillis() + 1000);

        assertThat(waiting.failureKind()).isEqualTo(FailureKind.QUEUE_TIMEOUT);
    }

    @Test
    void pauseTakesBackWhatLiesWithBusyWorkers() {
        PoolFixture fixture = PoolFixture.readyToPrefetch(1, 1);
        Submission running = fixture.submit("running");
        Submission prefetched = fixture.submit("prefetched");

        fixture.pool.pause();
        fixture.worker("work-1").reply();

        assertThat(running.isReplied()).isTrue();
        assertThat(prefetched.isLeased()).isFalse();
        assertThat(fixture.snapshot().queued()).isEqualTo(1);
    }

    @Test
    void scalesUpAtOnce() {
        PoolFixture fixture = PoolFixture.ready(1, 4);

        fixture.pool.scale(3);

        assertThat(fixture.transport.alive()).hasSize(3);
        assertThat(fixture.snapshot().fixed()).isEqualTo(3);
        fixture.worker("work-3").ready();
        fixture.worker("work-3").exit(139, "");
        fixture.advanceMillis(60_000);
        assertThat(fixture.transport.alive()).as("it is replaced as others are").hasSize(3);
    }

    @Test
    void scalesDownWhenTasksAreDone() {
        PoolFixture fixture = PoolFixture.ready(3, 4);
        List<Submission> running =
                List.of(fixture.submit("a"), fixture.submit("b"), fixture.submit("c"));

        fixture.pool.scale(1);
        assertThat(fixture.transport.alive()).hasSize(3);
        List.copyOf(fixture.transport.alive()).forEach(FakeChannel::reply);
        assertThat(running).allMatch(Submission::isReplied);

        List.copyOf(fixture.transport.alive()).stream()
                .filter(FakeChannel::isDoomed)
                .forEach(FakeChannel::exitAsTold);
        fixture.advanceMillis(60_000);
        assertThat(fixture.transport.alive()).hasSize(1);
        assertThat(fixture.snapshot().fixed()).isEqualTo(1);
    }

    @Test
    void newPlacesWaitForRoom() {
        PoolFixture fixture = PoolFixture.ready(1, 2);
        fixture.submit("a");
        fixture.submit("b");
        fixture.advanceMillis(1000);
        fixture.transport.readyAll();
        assertThat(fixture.transport.alive()).hasSize(2);

        fixture.pool.scale(2);

        assertThat(fixture.transport.alive()).as("max_workers").hasSize(2);
        List.copyOf(fixture.transport.alive()).forEach(FakeChannel::reply);
        fixture.advanceMillis(100);
        List.copyOf(fixture.transport.alive()).stream()
                .filter(FakeChannel::isDoomed)
                .forEach(FakeChannel::exitAsTold);
        fixture.advanceMillis(1000);
        assertThat(fixture.transport.alive())
                .hasSize(2)
                .extracting(each -> each.name().value())
                .contains("work-1", "work-2");
    }

    @Test
    void refusesMoreThanThereMayBe() {
        PoolFixture fixture = PoolFixture.ready(1, 2);

        assertThatExceptionOfType(TaskException.class)
                .isThrownBy(() -> fixture.pool.scale(3))
                .withMessageContaining("exceeds max_workers=2");
        assertThat(fixture.snapshot().fixed()).isEqualTo(1);
    }
}
