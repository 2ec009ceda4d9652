package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.NamedPipe;
import io.parallite.task.FailureKind;
import io.parallite.worker.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PrefetchingTest {

    private PoolFixture pool = PoolFixture.readyToPrefetch(1, 1);
    private FakeChannel worker = pool.worker("work-1");

    @Test
    void waitingTasksLieBesideTheRunningOne() {
        submit("a", "b", "c", "d");
        worker.reply();

        assertThat(worker.lastTask()).isEqualTo("b");
        assertThat(worker.laid()).containsExactly("c", "d");
        assertThat(pool.snapshot().queued()).isEqualTo(2);
    }

    @Test
    void workerGoesOnByItselfInOrder() {
        List<Submission> tasks = submit("a", "b", "c", "d");

        for (Submission task : tasks) {
            assertThat(worker.lastTask()).isEqualTo(task.id());
            worker.reply();
            task.reply();
        }
        assertThat(worker.isAsked()).isFalse();
        assertThat(pool.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void taskThatWasTakenRunsFromTheReplyToTheOneBefore() {
        List<Submission> tasks = submit("a", "b", "c");
        worker.reply();
        worker.take();

        assertThat(tasks.get(2).isLeased()).isFalse();
        worker.reply();
        assertThat(tasks.get(2).isLeased()).isTrue();
        pool.advanceMillis(PoolFixture.TASK_TIMEOUT.toMillis());
        assertThat(tasks.get(2).failureKind()).isEqualTo(FailureKind.TIMEOUT);
    }

    @Test
    void nothingLiesBesideLongTasks() {
        pool = PoolFixture.ready(1, 1);
        worker = pool.worker("work-1");
        worker.features("prefetch");
        submit("a", "b", "c");
        pool.advanceMillis(10);
        worker.reply();

        assertThat(worker.laid()).isEmpty();
    }

    @Test
    void nothingLiesBesideAWorkerThatCannotTakeIt() {
        worker.features("ping");
        submit("a", "b", "c");
        worker.reply();

        assertThat(worker.laid()).isEmpty();
        assertThat(worker.lastTask()).isEqualTo("b");
    }

    @Test
    void nothingIsLaidWhenTheNextReplyIsThere() {
        submit("a", "b", "c");
        worker.hasMore(true);
        worker.reply();

        assertThat(worker.laid()).isEmpty();
    }

    @Test
    void longFrameStaysInTheQueueInItsTurn() {
        submit("a", "b");
        Submission large = pool.submit("large", "x".repeat(NamedPipe.ATOMIC_BYTES), pool.lane);
        submit("c");
        worker.reply();

        assertThat(worker.laid()).isEmpty();
        worker.reply();
        assertThat(large.isLeased()).isTrue();
        assertThat(worker.laid()).containsExactly("c");
    }

    @Test
    void waitingTasksAreDividedAmongWorkers() {
        pool = PoolFixture.readyToPrefetch(2, 2);
        submit("a", "b", "c", "d", "e", "f");
        pool.worker("work-1").reply();
        pool.worker("work-2").reply();

        assertThat(pool.worker("work-1").laid()).containsExactly("d", "e");
        assertThat(pool.worker("work-2").lastTask()).isEqualTo("f");
    }

    @Test
    void freeWorkerGetsWhatLiesBesideABusyOne() {
        FakeChannel[] two = twoWithOneLaidBesideTheFirst();

        two[1].reply();

        assertThat(two[0].laid()).isEmpty();
        assertThat(two[1].lastTask()).isEqualTo("d");
        two[0].reply();
        two[1].reply();
        assertAllReplied();
    }

    @Test
    void whatIsTakenStaysWithItsWorker() {
        FakeChannel[] two = twoWithOneLaidBesideTheFirst();
        two[0].take();

        two[1].reply();

        assertThat(pool.snapshot().idle()).isEqualTo(1);
        two[0].reply();
        assertThat(two[0].lastTask()).isEqualTo("d");
        two[0].reply();
        assertAllReplied();
    }

    /** Both run a task, and "d" lies beside that of the first. */
    private FakeChannel[] twoWithOneLaidBesideTheFirst() {
        pool = PoolFixture.readyToPrefetch(2, 2);
        FakeChannel[] two = {pool.worker("work-1"), pool.worker("work-2")};
        submit("a", "b", "c", "d");
        FakeChannel first = two[0].lastTask().equals("a") ? two[0] : two[1];
        first.reply();
        assertThat(first.laid()).containsExactly("d");
        return new FakeChannel[] {first, first == two[0] ? two[1] : two[0]};
    }

    @Test
    void noTaskWaitsBehindALongOne() {
        pool = PoolFixture.readyToPrefetch(1, 2);
        worker = pool.worker("work-1");
        List<Submission> tasks = submit("a", "b", "c", "d");
        worker.reply();
        assertThat(worker.laid()).containsExactly("c", "d");

        pool.advanceMillis(PipePrefetch.PATIENCE.toMillis());
        assertThat(worker.laid()).isEmpty();
        for (int i = 0; i < 20 && !tasks.get(3).isAnswered(); i++) {
            pool.advanceMillis(10);
            pool.transport.readyAll();
            for (FakeChannel other : pool.transport.alive()) {
                if (other != worker && other.isAsked()) {
                    other.reply();
                }
            }
        }

        tasks.get(2).reply();
        tasks.get(3).reply();
        assertThat(worker.lastTask()).isEqualTo("b");
    }

    @Test
    void whatIsPutBackKeepsItsTurn() {
        List<Submission> tasks = submit("a", "b", "c", "d");
        worker.reply();
        pool.advanceMillis(PipePrefetch.PATIENCE.toMillis());
        tasks.addAll(submit("e"));

        for (Submission task : tasks.subList(1, 5)) {
            assertThat(worker.lastTask()).isEqualTo(task.id());
            worker.reply();
        }
        assertAllReplied();
    }

    @Test
    void tasksThatARunningTaskHasReadFromThePipeRunAfterIt() {
        submit("a", "b", "c", "d");
        worker.reply();
        assertThat(worker.takeBack()).hasSize(2); // by the task, which tells nobody

        worker.reply();

        assertThat(worker.lastTask()).isEqualTo("c");
        worker.reply();
        worker.reply();
        assertAllReplied();
        assertThat(pool.snapshot().queued()).isZero();
        assertThat(pool.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void cancelledTaskIsTakenBack() {
        List<Submission> tasks = submit("a", "b", "c", "d");
        worker.reply();

        tasks.get(2).cancel();

        assertThat(pool.snapshot().queued()).isEqualTo(1);
        worker.reply();
        assertThat(worker.lastTask()).isEqualTo("d");
        worker.reply();
        assertThat(worker.wasKilled()).isFalse();
    }

    @Test
    void workerThatHasTakenACancelledTaskIsReplaced() {
        List<Submission> tasks = submit("a", "b", "c", "d");
        worker.reply();
        worker.take();
        tasks.get(2).cancel();
        worker.reply();

        assertThat(worker.wasKilled()).isTrue();
        tasks.get(1).reply();
        finishOnSuccessor();
        tasks.get(3).reply();
    }

    @Test
    void crashLosesTheRunningTaskOnly() {
        List<Submission> tasks = submit("a", "b", "c", "d");
        worker.reply();
        worker.take();
        worker.tellTaken();
        worker.exit(255, "Fatal error");

        assertThat(tasks.get(1).failureKind()).isEqualTo(FailureKind.WORKER_CRASHED);
        finishOnSuccessor();
        tasks.get(2).reply();
        tasks.get(3).reply();
    }

    @Test
    void whatAKilledWorkerMayHaveBegunFails() {
        List<Submission> tasks = submit("a", "b", "c", "d");
        worker.reply();
        worker.take();

        worker.garbage("wrote garbage");

        assertThat(tasks.get(2).failureKind()).isEqualTo(FailureKind.WORKER_CRASHED);
        assertThat(tasks.get(2).failure().explanation()).contains("may have begun");
        finishOnSuccessor();
        tasks.get(3).reply();
    }

    @Test
    void workerIsNotKilledForACancelledTaskThatItIsDoneWith() {
        List<Submission> tasks = submit("a", "b", "c", "d");
        worker.reply();
        worker.take();

        tasks.get(1).cancel();

        assertThat(worker.isDoomed()).isFalse();
        for (int i = 0; i < 3; i++) {
            worker.reply();
        }
        tasks.get(2).reply();
        tasks.get(3).reply();
        assertThat(pool.snapshot().idle()).isEqualTo(1);
    }

    @Test
    void taskThatIsDoneDoesNotTimeOut() {
        List<Submission> tasks = submit("a", "b", "c");
        worker.reply();
        pool.advanceMillis(4);
        worker.take();
        pool.advanceMillis(PoolFixture.TASK_TIMEOUT.toMillis() - 4);

        assertThat(tasks.get(1).isAnswered()).isFalse();
        worker.reply();
        tasks.get(1).reply();
    }

    @Test
    void replyToTaskThatIsDoneMustCome() {
        List<Submission> tasks = submit("a", "b", "c");
        worker.reply();
        worker.take();
        tasks.get(1).cancel();
        pool.engine.advance(Worker.ANSWER_GRACE);

        assertThat(worker.wasKilled()).isTrue();
        assertThat(tasks.get(2).failureKind()).isEqualTo(FailureKind.WORKER_CRASHED);
    }

    @Test
    void taskThatIsReturnedIsUndelivered() {
        List<Submission> tasks = submit("a", "b", "c");
        worker.reply();
        worker.reply();
        worker.giveBack();

        assertThat(tasks.get(2).isUndelivered()).isTrue();
        assertThat(worker.wasKilled()).isTrue();
    }

    @Test
    void taskThatWasSentAndIsReturnedIsUndelivered() {
        List<Submission> tasks = submit("a");
        worker.giveBack();

        assertThat(tasks.getFirst().isUndelivered()).isTrue();
        assertThat(worker.wasKilled()).isTrue();
    }

    @Test
    void workerCannotHaveTakenWhatDidNotLieThere() {
        List<Submission> tasks = submit("a");
        worker.tellTaken();
        worker.reply();

        tasks.getFirst().reply();
        assertThat(worker.wasKilled()).isTrue();
        assertThat(pool.snapshot().idle()).isZero();
    }

    @Test
    void workerTellsOnceThatItHasTakenATask() {
        List<Submission> tasks = submit("a", "b", "c");
        worker.reply();
        worker.tellTaken();
        worker.tellTaken();

        assertThat(tasks.get(1).failureKind()).isEqualTo(FailureKind.WORKER_PROTOCOL);
    }

    @Test
    void retiredWorkerTakesNothingMore() {
        submit("a", "b", "c", "d");
        worker.reply();

        pool.pool.reload().subscribe().with(outcome -> {});
        pool.transport.readyAll();

        assertThat(worker.laid()).isEmpty();
        worker.reply();
        assertThat(worker.isDoomed()).isTrue();
        worker.exitAsTold();
        finishOnSuccessor();
        assertAllReplied();
    }

    @Test
    void drainRefusesWhatIsNotTakenAndWaitsForWhatIs() {
        List<Submission> tasks = submit("a", "b", "c", "d");
        worker.reply();
        worker.take();

        pool.pool.drain();

        assertThat(tasks.get(3).failureKind()).isEqualTo(FailureKind.SHUTTING_DOWN);
        worker.reply();
        worker.reply();
        tasks.get(2).reply();
        assertThat(worker.wasToldToEnd()).isTrue();
        AtomicInteger empty = new AtomicInteger();
        pool.pool.stop(empty::incrementAndGet);
        worker.exitAsTold();
        assertThat(empty).hasValue(1);
        assertThat(pool.engine.pendingTimers()).isZero();
    }

    private void finishOnSuccessor() {
        for (int i = 0; i < 20; i++) {
            pool.transport.work();
            pool.advanceMillis(1000);
        }
    }

    private void assertAllReplied() {
        assertThat(pool.submissions).allMatch(Submission::isReplied);
    }

    private List<Submission> submit(String... ids) {
        List<Submission> submitted = new ArrayList<>();
        for (String id : ids) {
            submitted.add(pool.submit(id));
        }
        return submitted;
    }
}
