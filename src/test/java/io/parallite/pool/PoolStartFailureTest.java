package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import io.parallite.wire.TestFrames;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers that do not start: no hot loop, a clear answer, and that it heals. */
class PoolStartFailureTest {

    private static final String WORDS = "PHP Parse error: syntax error on line 3";

    @Test
    void waitingTasksAreRefusedWithTheLastWords() {
        PoolFixture fixture = PoolFixture.starting(1, 1);
        Submission first = fixture.submit("a");
        Submission second = fixture.submit("b");

        fixture.worker("work-1").failStart(WORDS);

        assertThat(first.failureKind()).isEqualTo(FailureKind.WORKER_START_FAILED);
        assertThat(first.failure().explanation()).contains(WORDS);
        assertThat(second.failureKind()).isEqualTo(FailureKind.WORKER_START_FAILED);
        assertThat(fixture.startFailure()).contains(WORDS);
        assertThat(fixture.snapshot().isServing()).isFalse();
    }

    @Test
    void tasksThatComeBeforeTheNextAttemptAreRefusedAtOnce() {
        PoolFixture fixture = PoolFixture.starting(1, 4);
        fixture.worker("work-1").failStart(WORDS);

        Submission refused = fixture.submit("a");

        assertThat(refused.failureKind()).isEqualTo(FailureKind.WORKER_START_FAILED);
        assertThat(fixture.transport.alive()).isEmpty();
    }

    @Test
    void tasksWaitWhileAnotherWorkerIsInSight() {
        PoolFixture fixture = PoolFixture.starting(2, 2);
        Submission task = fixture.submit("a");

        fixture.worker("work-1").failStart(WORDS);

        assertThat(task.isAnswered()).isFalse();
        fixture.worker("work-2").ready();
        assertThat(task.isLeased()).isTrue();
        assertThat(fixture.startFailure()).isNull();
    }

    @Test
    void attemptsBackOffFromOneSecondToThirty() {
        PoolFixture fixture = PoolFixture.starting(1, 1);
        List<Long> pauses = new ArrayList<>();

        for (int attempt = 0; attempt < 8; attempt++) {
            fixture.worker("work-1").failStart(WORDS);
            long failedAt = fixture.engine.epochMillis();
            while (fixture.transport.alive().isEmpty()) {
                fixture.advanceMillis(10);
            }
            pauses.add(fixture.engine.epochMillis() - failedAt);
        }

        assertThat(pauses.getFirst()).isBetween(1000L, 1210L);
        assertThat(pauses.get(1)).isBetween(2000L, 2410L);
        assertThat(pauses.get(2)).isBetween(4000L, 4810L);
        assertThat(pauses.getLast()).isBetween(29_990L, 30_010L);
        assertThat(fixture.snapshot().restarts()).isEqualTo(8);
    }

    @Test
    void healsWhenAnAttemptSucceeds() {
        PoolFixture fixture = PoolFixture.starting(1, 1);
        fixture.worker("work-1").failStart(WORDS);
        fixture.advanceMillis(1300);

        Submission task = fixture.submit("a");
        assertThat(task.isAnswered()).isFalse();
        fixture.worker("work-1").ready();
        fixture.worker("work-1").reply();

        assertThat(task.isReplied()).isTrue();
        assertThat(fixture.startFailure()).isNull();
        assertThat(fixture.snapshot().isServing()).isTrue();
    }

    @Test
    void onDemandStartsBackOffTooAndHeal() {
        PoolFixture fixture = PoolFixture.starting(0, 4);
        Submission first = fixture.submit("a");
        fixture.transport.last().failStart(WORDS);
        Submission second = fixture.submit("b");
        assertThat(first.failureKind()).isEqualTo(FailureKind.WORKER_START_FAILED);
        assertThat(second.failureKind()).isEqualTo(FailureKind.WORKER_START_FAILED);
        assertThat(fixture.transport.all()).hasSize(1);

        fixture.advanceMillis(1300);
        Submission third = fixture.submit("c");
        fixture.transport.readyAll();
        fixture.transport.last().reply();

        assertThat(third.isReplied()).isTrue();
    }

    @Test
    void failedOnDemandStartDoesNotFailTasksThatOthersWillServe() {
        PoolFixture fixture = PoolFixture.ready(1, 2);
        fixture.submit("a");
        Submission waiting = fixture.submit("b");
        fixture.engine.advance(PoolSizing.SHORTEST_START);

        fixture.transport.last().failStart(WORDS);

        assertThat(waiting.isAnswered()).isFalse();
        fixture.worker("work-1").reply();
        assertThat(waiting.isLeased()).isTrue();
    }

    @Test
    void tasksWhoseLastWorkerLeavesAfterAFailedStartGetOthersWhenThePauseEnds() {
        PoolFixture fixture = PoolFixture.starting(0, 2);
        for (int i = 0; i < 4; i++) {
            fixture.submit("task-" + i);
        }
        FakeChannel only = fixture.transport.all().getFirst();
        fixture.advanceMillis(4000); // a start is dear, so that waiting for a worker seems better
        only.ready();
        fixture.transport.last().failStart(WORDS);
        only.send(TestFrames.json("{'task_id':'task-0','ok':true,'worker_ends':true}"));
        only.exitAsTold();
        assertThat(fixture.transport.alive()).isEmpty();
        assertThat(fixture.snapshot().queued()).isEqualTo(3);

        fixture.advanceMillis(1201);

        assertThat(fixture.transport.alive()).hasSize(2);
        for (int i = 0; i < 3; i++) {
            fixture.transport.work();
        }
        assertThat(fixture.submissions).allMatch(Submission::isReplied);
        assertThat(fixture.snapshot().wedges()).isZero();
    }

    @Test
    void pauseAfterAFailedStartLeavesNoTimerWhenTheDaemonStops() {
        PoolFixture fixture = PoolFixture.starting(0, 2);
        fixture.submit("a");
        fixture.transport.last().failStart(WORDS);

        fixture.pool.drain();

        assertThat(fixture.engine.pendingTimers()).isZero();
    }

    @Test
    void scriptThatDiesBeforeItsFirstAnswerDoesNotRestartHotly() {
        PoolFixture fixture = PoolFixture.startingWithoutHello(1, 1);

        startsInThirtySeconds(fixture, 255);

        assertThat(fixture.transport.all()).as("starts in 30 s").hasSizeLessThanOrEqualTo(6);
        assertThat(fixture.startFailure()).contains(WORDS);
        assertThat(fixture.submit("a").failure().explanation()).contains(WORDS);
    }

    @Test
    void scriptThatDiesAtItsStartKeepsNoTaskWaitingWhileMoreWorkersAreStarted() {
        PoolFixture fixture = PoolFixture.startingWithoutHello(4, 32);
        List<Submission> tasks = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            tasks.add(fixture.submit("task-" + i));
        }

        for (int i = 0; i < 30; i++) {
            fixture.transport.readyAll();
            fixture.advanceMillis(100); // meanwhile others are started
            fixture.transport.alive().stream()
                    .limit(2)
                    .forEach(worker -> worker.exitWithoutReading(3, WORDS));
            tasks.stream()
                    .filter(Submission::isUndelivered)
                    .forEach(task -> task.beginAgain(fixture.pool, PoolFixture.TASK_TIMEOUT));
        }

        assertThat(tasks)
                .extracting(Submission::failureKind)
                .containsOnly(FailureKind.WORKER_START_FAILED);
        assertThat(fixture.transport.all()).as("starts").hasSizeLessThanOrEqualTo(40);
    }

    @Test
    void pauseEndsWhenAWorkerWithoutHelloHasAnswered() {
        PoolFixture fixture = PoolFixture.startingWithoutHello(2, 4);
        fixture.transport.readyAll();
        fixture.worker("work-1").exit(3, WORDS);
        fixture.submit("running");
        fixture.submit("waiting");
        fixture.advanceMillis(500);
        assertThat(fixture.transport.alive()).as("during the pause").hasSize(1);

        fixture.worker("work-2").reply();
        fixture.submit("more");
        fixture.advanceMillis(100);

        assertThat(fixture.transport.alive()).hasSizeGreaterThan(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {255, 137, 139})
    void tasksThatCrashOneFreshWorkerAfterTheOtherFailNoOtherTask(int status) {
        PoolFixture fixture = PoolFixture.starting(1, 1);
        fixture.transport.readyAll();
        for (int i = 0; i < 3; i++) {
            fixture.submit("fatal-" + i);
        }
        Submission waiting = fixture.submit("waiting");

        for (int i = 0; i < 3; i++) {
            fixture.worker("work-1").exit(status, "PHP Fatal error");
            fixture.advanceMillis(5000);
            fixture.transport.readyAll();
        }
        fixture.worker("work-1").reply();

        assertThat(fixture.submissions.subList(0, 3))
                .extracting(Submission::failureKind)
                .containsOnly(FailureKind.WORKER_CRASHED);
        assertThat(waiting.isReplied()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 255, 137})
    void workerThatSaysHelloAndLeavesDoesNotRestartHotly(int status) {
        PoolFixture fixture = PoolFixture.starting(1, 1);

        startsInThirtySeconds(fixture, status);

        assertThat(fixture.transport.all()).as("starts in 30 s").hasSizeLessThanOrEqualTo(6);
    }

    /** Workers get ready and leave without having answered a task. */
    private static void startsInThirtySeconds(PoolFixture fixture, int status) {
        for (int i = 0; i < 3000; i++) {
            fixture.advanceMillis(10);
            for (FakeChannel worker : fixture.transport.alive()) {
                worker.ready();
                worker.exit(status, WORDS);
            }
        }
    }

    @Test
    void taskThatCrashesAFreshWorkerFailsNoOtherTask() {
        PoolFixture fixture = PoolFixture.starting(1, 1);
        fixture.transport.readyAll();
        Submission fatal = fixture.submit("fatal");
        Submission waiting = fixture.submit("waiting");

        fixture.worker("work-1").exit(255, "PHP Fatal error");
        fixture.advanceMillis(1300);
        fixture.worker("work-1").ready();
        fixture.worker("work-1").reply();

        assertThat(fatal.failureKind()).isEqualTo(FailureKind.WORKER_CRASHED);
        assertThat(waiting.isReplied()).isTrue();
    }

    @Test
    void workerKilledByASignalInItsFirstTaskFailsNoOtherTask() {
        PoolFixture fixture = PoolFixture.starting(1, 1);
        fixture.transport.readyAll();
        Submission victim = fixture.submit("victim");
        Submission waiting = fixture.submit("waiting");

        fixture.worker("work-1").exit(137, "");
        Submission later = fixture.submit("later");
        fixture.advanceMillis(1300);
        fixture.worker("work-1").ready();
        fixture.worker("work-1").reply();
        fixture.worker("work-1").reply();

        assertThat(victim.failureKind()).isEqualTo(FailureKind.WORKER_CRASHED);
        assertThat(waiting.isReplied()).isTrue();
        assertThat(later.isReplied()).isTrue();
    }

    @Test
    void idleWorkerKilledByASignalFailsNoTask() {
        PoolFixture fixture = PoolFixture.starting(1, 1);
        fixture.transport.readyAll();

        fixture.worker("work-1").exit(137, "");
        Submission task = fixture.submit("a");
        fixture.advanceMillis(1300);
        fixture.worker("work-1").ready();
        fixture.worker("work-1").reply();

        assertThat(task.isReplied()).isTrue();
    }

    @Test
    void pauseBeginsAtOneSecondAgainOnceAWorkerHasAnswered() {
        PoolFixture fixture = PoolFixture.starting(1, 1);
        for (int attempt = 0; attempt < 4; attempt++) {
            fixture.worker("work-1").failStart(WORDS);
            fixture.advanceMillis(10_000);
        }
        fixture.worker("work-1").ready();
        fixture.submit("a");
        fixture.worker("work-1").reply();

        fixture.worker("work-1").exit(255, "");
        fixture.advanceMillis(1201);

        assertThat(fixture.transport.alive()).hasSize(1);
    }
}
