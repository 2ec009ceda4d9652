package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The pool without prefetching: every task waits in the queue until a worker is free. */
class NoPrefetchTest {

    @Test
    void servesAllTasksInTheirOrder() {
        PoolFixture fixture = PoolFixture.readyWithoutPrefetch(2, 2);
        for (int i = 0; i < 8; i++) {
            fixture.submit("task-" + i);
        }

        for (int i = 0; i < 4; i++) {
            fixture.worker("work-1").reply();
            fixture.worker("work-2").reply();
        }

        assertThat(fixture.submissions).hasSize(8).allMatch(Submission::isReplied);
        assertThat(fixture.worker("work-1").written()).hasSize(4 + 1);
    }

    @Test
    void laysNothingBesideATask() {
        PoolFixture fixture = PoolFixture.readyWithoutPrefetch(1, 1);
        fixture.submit("a");
        Submission next = fixture.submit("b");

        assertThat(fixture.worker("work-1").laid()).isEmpty();
        assertThat(fixture.snapshot().queued()).isEqualTo(1);

        next.cancel();
        fixture.worker("work-1").reply();

        assertThat(fixture.snapshot().queued()).isZero();
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void requeuesNothingOfAWorkerThatDies() {
        PoolFixture fixture = PoolFixture.readyWithoutPrefetch(1, 1);
        Submission running = fixture.submit("a");
        Submission waiting = fixture.submit("b");

        fixture.worker("work-1").exit(139, "");
        fixture.advanceMillis(2000);
        fixture.transport.readyAll();
        fixture.worker("work-1").reply();

        assertThat(running.isReplied()).isFalse();
        assertThat(waiting.isReplied()).isTrue();
    }
}
