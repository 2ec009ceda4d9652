package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import io.parallite.wire.TestFrames;
import io.parallite.worker.UndeliveredException;
import io.parallite.worker.WorkerLease;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Leasing, faults of workers, and that each is replaced. */
class WorkerPoolTest {

    @Test
    void startsPersistentWorkersSideBySide() {
        PoolFixture fixture = PoolFixture.starting(3, 8);

        assertThat(fixture.transport.all())
                .extracting(channel -> channel.name().value())
                .containsExactly("work-1", "work-2", "work-3");
        assertThat(fixture.snapshot().starting()).isEqualTo(3);
        assertThat(fixture.snapshot().isServing()).isFalse();
    }

    @Test
    void runsTaskOnIdleWorkerAndTakesItBack() {
        PoolFixture fixture = PoolFixture.ready(1, 1);

        Submission task = fixture.submit("a");
        assertThat(fixture.snapshot().busy()).isEqualTo(1);
        assertThat(fixture.snapshot().workers().getFirst().task()).isEqualTo("a");
        fixture.worker("work-1").reply();

        assertThat(task.reply().ok()).isTrue();
        assertThat(TestFrames.text(task.reply().frame())).contains("\"task_id\":\"a\"");
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
        assertThat(fixture.snapshot().workers().getFirst().task()).isNull();
    }

    @Test
    void forwardsFrameByteForByte() {
        PoolFixture fixture = PoolFixture.ready(1, 1);

        fixture.submit("a");

        assertThat(fixture.worker("work-1").written().getLast())
                .isEqualTo(PoolFixture.task("a").frame());
    }

    @Test
    void passesOnReplyThatSaysNotOk() {
        PoolFixture fixture = PoolFixture.ready(1, 1);

        Submission task = fixture.submit("a");
        fixture.worker("work-1").reply(false);

        assertThat(task.reply().ok()).isFalse();
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void queuedTasksAreServedInOrderAsWorkersComeFree() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission first = fixture.submit("a");
        Submission second = fixture.submit("b");
        Submission third = fixture.submit("c");

        fixture.worker("work-1").reply();
        assertThat(second.isLeased()).isTrue();
        assertThat(third.isLeased()).isFalse();
        fixture.worker("work-1").reply();
        fixture.worker("work-1").reply();

        assertThat(first.isReplied() && second.isReplied() && third.isReplied()).isTrue();
        assertThat(fixture.snapshot().queued()).isZero();
    }

    @Test
    void timeoutKillsWorkerAndReplacesIt() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission late = fixture.submit("late");
        Submission next = fixture.submit("next");

        fixture.engine.advance(PoolFixture.TASK_TIMEOUT.minusMillis(1));
        assertThat(late.isAnswered()).isFalse();
        fixture.advanceMillis(1);

        assertThat(late.failureKind()).isEqualTo(FailureKind.TIMEOUT);
        assertThat(late.failure().explanation()).contains("timeout_ms=60000");
        FakeChannel killed = fixture.worker("work-1");
        assertThat(killed.wasKilled()).isTrue();
        assertThat(fixture.transport.alive()).as("no replacement beside it").hasSize(1);

        killed.exitAsTold();
        fixture.worker("work-1").ready();
        Submission another = fixture.submit("another");
        fixture.worker("work-1").reply();
        assertThat(another.isReplied()).isTrue();
        assertThat(next.failureKind()).isEqualTo(FailureKind.QUEUE_TIMEOUT);
    }

    @Test
    void replyAfterTimeoutGoesToNobody() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission late = fixture.submit("late");
        fixture.engine.advance(PoolFixture.TASK_TIMEOUT);

        fixture.worker("work-1").reply();

        assertThat(late.failureKind()).isEqualTo(FailureKind.TIMEOUT);
        assertThat(fixture.snapshot().idle()).isZero();
    }

    @Test
    void timeoutOfOneTaskIsNotInheritedByTheNext() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("a");
        fixture.engine.advance(PoolFixture.TASK_TIMEOUT.minusSeconds(1));
        fixture.worker("work-1").reply();

        Submission next = fixture.submit("b");
        fixture.engine.advance(Duration.ofSeconds(30));

        assertThat(next.isAnswered()).isFalse();
        assertThat(fixture.worker("work-1").wasKilled()).isFalse();
    }

    @Test
    void crashFailsTaskAndReplacesWorkerAfterOneSecond() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission lost = fixture.submit("a");

        fixture.worker("work-1").exit(255, "PHP Fatal error: out of memory");

        assertThat(lost.failureKind()).isEqualTo(FailureKind.WORKER_CRASHED);
        assertThat(lost.failure().explanation())
                .contains("work-1", "status 255", "PHP Fatal error: out of memory");
        assertThat(fixture.transport.alive()).isEmpty();
        fixture.advanceMillis(999);
        assertThat(fixture.transport.alive()).isEmpty();
        fixture.advanceMillis(201);
        fixture.worker("work-1").ready();
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
        assertThat(fixture.snapshot().restarts()).isEqualTo(1);
    }

    @Test
    void workerThatRepliesAndExitsIsReplacedAtOnce() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submit("a");

        fixture.worker("work-1").reply();
        fixture.worker("work-1").exit(0, "");
        fixture.worker("work-1").ready();

        assertThat(task.isReplied()).isTrue();
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void taskThatNoWorkerHasReadIsReportedAsUndelivered() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submit("a");

        fixture.worker("work-1").exitWithoutReading();

        assertThat(task.failure()).isInstanceOf(UndeliveredException.class);
        assertThat(fixture.transport.alive()).hasSize(1);
    }

    @Test
    void garbageFailsTaskKillsWorkerAndShowsTheBytes() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submit("a");

        fixture.worker("work-1").garbage("wrote \"Warning: foo\"");

        assertThat(task.failureKind()).isEqualTo(FailureKind.WORKER_PROTOCOL);
        assertThat(task.failure().explanation()).contains("Warning: foo");
        FakeChannel killed = fixture.worker("work-1");
        assertThat(killed.wasKilled()).isTrue();
        killed.exitAsTold();
        fixture.engine.advance(Duration.ofMillis(1200));
        fixture.worker("work-1").ready();
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void replyForAnotherTaskIsNotBelieved() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submit("mine");

        fixture.worker("work-1").send(TestFrames.reply("other", true));

        assertThat(task.failureKind()).isEqualTo(FailureKind.WORKER_PROTOCOL);
        assertThat(task.failure().explanation()).contains("\"other\"", "\"mine\"");
        assertThat(fixture.worker("work-1").wasKilled()).isTrue();
    }

    @Test
    void replyThatIsNoReplyIsShown() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submit("a");

        fixture.worker("work-1").send(TestFrames.json("{'hello':'world'}"));

        assertThat(task.failureKind()).isEqualTo(FailureKind.WORKER_PROTOCOL);
        assertThat(task.failure().explanation()).contains("{\"hello\":\"world\"}");
    }

    @Test
    void failureWithoutIdIsTakenForItsTaskAndGetsItsId() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submit("a");

        fixture.worker("work-1").send(TestFrames.json("{'ok':false,'error':'unreadable'}"));

        assertThat(task.reply().ok()).isFalse();
        assertThat(TestFrames.text(task.reply().frame()))
                .isEqualTo("{\"task_id\":\"a\",\"ok\":false,\"error\":\"unreadable\"}");
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void successWithoutIdIsNotBelieved() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submit("a");

        fixture.worker("work-1").send(TestFrames.json("{'ok':true,'result':1}"));

        assertThat(task.failureKind()).isEqualTo(FailureKind.WORKER_PROTOCOL);
    }

    @Test
    void failureWithoutIdThatCannotGetOneStillEndsItsTask() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission task = fixture.submit("a");
        String deep = "[".repeat(600) + "]".repeat(600);

        fixture.worker("work-1").send(TestFrames.json("{'ok':false,'error':%s}".formatted(deep)));

        assertThat(task.isAnswered()).isTrue();
    }

    @Test
    void secondReplyEndsWorkerBeforeItGetsAnotherTask() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission first = fixture.submit("a");
        FakeChannel worker = fixture.worker("work-1");

        worker.reply();
        worker.reply();
        Submission second = fixture.submit("b");

        assertThat(first.isReplied()).isTrue();
        assertThat(worker.wasKilled()).isTrue();
        assertThat(second.isLeased()).isFalse();
        worker.exitAsTold();
        fixture.engine.advance(Duration.ofMillis(1200));
        fixture.worker("work-1").ready();
        fixture.worker("work-1").reply();
        assertThat(second.isReplied()).isTrue();
    }

    @Test
    void secondReplyThatComesWithTheNextTaskFailsThatOneOnly() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("a");
        Submission second = fixture.submit("b");
        Submission third = fixture.submit("c");
        FakeChannel worker = fixture.worker("work-1");
        worker.reply();

        worker.send(TestFrames.reply("a", true));

        assertThat(second.failureKind()).isEqualTo(FailureKind.WORKER_PROTOCOL);
        assertThat(third.isAnswered()).isFalse();
    }

    @Test
    void cancellingQueuedTaskTakesItOut() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.submit("a");
        Submission queued = fixture.submit("b");
        Submission after = fixture.submit("c");

        queued.cancel();
        fixture.worker("work-1").reply();

        assertThat(queued.isLeased()).isFalse();
        assertThat(after.isLeased()).isTrue();
        assertThat(fixture.snapshot().queued()).isZero();
    }

    @Test
    void cancellingRunningTaskKillsAndReplacesItsWorkerAtOnce() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Submission running = fixture.submit("a");
        Submission next = fixture.submit("b");
        FakeChannel killed = fixture.worker("work-1");

        running.cancel();
        assertThat(killed.wasKilled()).isTrue();
        killed.exitAsTold();
        fixture.worker("work-1").ready();

        assertThat(fixture.worker("work-1")).isNotSameAs(killed);
        assertThat(next.isLeased()).isTrue();
        assertThat(fixture.startFailure()).isNull();
    }

    @Test
    void failureOfTheWorkItselfGivesTheWorkerBack() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        Throwable[] seen = new Throwable[1];

        fixture.pool
                .withWorker(
                        PoolFixture.task("a"),
                        fixture.lane,
                        lease -> {
                            throw new IllegalStateException("defect");
                        })
                .subscribe()
                .with(ignored -> {}, failure -> seen[0] = failure);

        assertThat(seen[0]).hasMessage("defect");
        assertThat(fixture.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void idleWorkerThatEndsInOrderIsReplacedAndNeverLeased() {
        PoolFixture fixture = PoolFixture.ready(2, 2);

        fixture.worker("work-2").exit(0, "");
        Submission task = fixture.submit("a");

        assertThat(task.worker()).isEqualTo("work-1");
        assertThat(fixture.snapshot().starting()).isEqualTo(1);
    }

    @Test
    void leaseIsTakenBackOnlyOnce() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        WorkerLease[] kept = new WorkerLease[1];
        fixture.pool
                .withWorker(
                        PoolFixture.task("a"),
                        fixture.lane,
                        lease -> {
                            kept[0] = lease;
                            return lease.exchange(
                                    PoolFixture.task("a"),
                                    PoolFixture.TASK_TIMEOUT,
                                    (name, frame) -> {});
                        })
                .subscribe()
                .with(ignored -> {});
        fixture.worker("work-1").reply();
        Submission next = fixture.submit("b");

        kept[0].release();

        assertThat(fixture.snapshot().busy()).isEqualTo(1);
        assertThat(fixture.worker("work-1").isDoomed()).isFalse();
        fixture.worker("work-1").reply();
        assertThat(next.isReplied()).isTrue();
    }
}
