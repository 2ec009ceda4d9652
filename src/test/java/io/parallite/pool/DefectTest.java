package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskResult.Replied;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whatever is thrown around a task: it is answered once, and the worker is free or replaced. */
class DefectTest {

    private final List<Object> answers = new ArrayList<>();

    @Test
    void answersATaskWhoseWorkThrowsAnError() {
        PoolFixture fixture = PoolFixture.ready(1, 1);

        fixture.pool
                .withWorker(
                        PoolFixture.task("a"),
                        fixture.lane,
                        lease -> {
                            throw new StackOverflowError("in the work");
                        })
                .subscribe()
                .with(answers::add, answers::add);

        assertThat(answers).singleElement().isInstanceOf(StackOverflowError.class);
        assertServes(fixture);
    }

    @Test
    void answersATaskWhoseEventThrowsAnError() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.pool
                .withWorker(
                        PoolFixture.task("a"),
                        fixture.lane,
                        lease ->
                                lease.exchange(
                                        PoolFixture.task("a"),
                                        PoolFixture.TASK_TIMEOUT,
                                        (name, frame) -> {
                                            throw new OutOfMemoryError("in a listener");
                                        }))
                .subscribe()
                .with(answers::add, answers::add);

        fixture.worker("work-1").say("'event':'progress','done':1");
        fixture.worker("work-1").reply();

        assertThat(answers).singleElement().isInstanceOf(Replied.class);
        assertServes(fixture);
    }

    @Test
    void answersATaskWhoseAnswerCannotBeRead() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        FakeChannel worker = fixture.worker("work-1");
        Submission task = fixture.submit("a");

        worker.breakDown();
        worker.tellTaken();

        assertThat(task.failureKind()).isEqualTo(FailureKind.INTERNAL);
        assertThat(worker.wasKilled()).isTrue();
        worker.exitAsTold();
        fixture.advanceMillis(2000);
        fixture.transport.readyAll();
        assertServes(fixture);
    }

    @Test
    void answersTheOtherTasksWhenOneCannotBeRefused() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("running");
        Uni<Replied> waiting =
                fixture.pool.withWorker(
                        PoolFixture.task("b"), fixture.lane, lease -> Uni.createFrom().nothing());
        waiting.onFailure()
                .invoke(
                        e -> {
                            throw new StackOverflowError("in whoever waits");
                        })
                .subscribe()
                .with(answers::add, answers::add);
        Submission other = fixture.submit("c");

        fixture.pool.drain();

        assertThat(other.failureKind()).isEqualTo(FailureKind.SHUTTING_DOWN);
    }

    private static void assertServes(PoolFixture fixture) {
        Submission next = fixture.submit("next");
        fixture.transport.work();
        assertThat(next.isReplied()).isTrue();
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
    }
}
