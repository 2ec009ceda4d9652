package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.dispatch.DispatchFixture.Answer;
import io.parallite.pool.FakeChannel;
import io.parallite.pool.Lane;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.task.Terms;
import io.parallite.wire.TestFrames;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DispatcherTest {

    private final DispatchFixture fixture = new DispatchFixture(1);
    private final Dispatcher dispatcher = fixture.dispatcher;

    @Test
    void tellsTheWorkersReply() {
        Answer answer = fixture.submit("a");
        assertThat(answer.isThere()).isFalse();

        fixture.worker(1).reply();

        assertThat(answer.result().ok()).isTrue();
        assertThat(answer.result()).isInstanceOf(TaskResult.Replied.class);
    }

    @Test
    void joinsTaskThatIsInFlight() {
        Answer first = fixture.submit("a");
        Answer second = fixture.submit("a");
        Answer third = fixture.await("a");

        fixture.worker(1).reply();

        assertThat(fixture.worker(1).written()).hasSize(1);
        assertThat(second.result()).isSameAs(first.result());
        assertThat(third.result()).isSameAs(first.result());
        assertThat(dispatcher.snapshot().submitted()).isEqualTo(1);
    }

    @Test
    void answersRepeatedSubmitFromTheCache() {
        Answer first = fixture.submit("a");
        fixture.worker(1).reply();

        Answer again = fixture.submit("a");

        assertThat(fixture.worker(1).written()).hasSize(1);
        assertThat(frame(again)).isEqualTo(frame(first));
    }

    @Test
    void refusesAnotherPayloadUnderTheSameId() {
        Answer first = fixture.submit("a");
        Answer other = fixture.submit(DispatchFixture.task("a", 2, null));

        assertThat(other.failure().kind()).isEqualTo(FailureKind.CONFLICT);
        assertThat(other.failure().message()).contains("in flight", "\"a\"");
        assertThat(first.isThere()).isFalse();
        fixture.worker(1).reply();
        Answer late = fixture.submit(DispatchFixture.task("a", 2, null));
        assertThat(late.failure().kind()).isEqualTo(FailureKind.CONFLICT);
        assertThat(late.failure().message()).contains("retained");
        assertThat(fixture.submit("a").result().ok()).isTrue();
    }

    @Test
    void awaitOfUnknownTaskFindsNothingAndPoisonsNothing() {
        assertThat(dispatcher.tasks().await(new TaskId("a"))).isEmpty();
        assertThat(dispatcher.tasks().status(new TaskId("a"))).isEmpty();
        assertThat(dispatcher.cancel(new TaskId("a"))).isFalse();

        Answer answer = fixture.submit("a");
        fixture.worker(1).reply();

        assertThat(answer.result().ok()).isTrue();
    }

    @Test
    void awaitGivesRetainedResult() {
        Answer answer = fixture.submit("a");
        fixture.worker(1).reply();

        assertThat(frame(fixture.await("a"))).isEqualTo(frame(answer));
    }

    @Test
    void cancellingAnAwaitLeavesTheTaskAlone() {
        Answer answer = fixture.submit("a");
        dispatcher.tasks().await(new TaskId("a")).orElseThrow().subscribe().with(r -> {}).cancel();

        fixture.worker(1).reply();

        assertThat(answer.result().ok()).isTrue();
    }

    @Test
    void forgetsResultsInTime() {
        fixture.submit("a");
        fixture.worker(1).reply();

        fixture.advance(DispatchFixture.RETENTION);
        dispatcher.tasks().sweep();

        assertThat(dispatcher.tasks().await(new TaskId("a"))).isEmpty();
        assertThat(dispatcher.snapshot().retained()).isZero();
        assertThat(dispatcher.snapshot().retainedBytes()).isZero();
        fixture.submit("a");
        assertThat(fixture.worker(1).written()).as("runs again").hasSize(2);
    }

    @Test
    void tellsStatesAndTimes() {
        long start = fixture.engine.epochMillis();
        fixture.submit("a");
        fixture.submit("b");
        fixture.advance(Duration.ofSeconds(1));

        assertThat(status("a"))
                .isEqualTo(
                        new TaskStatus(
                                new TaskId("a"),
                                null,
                                TaskState.RUNNING,
                                start,
                                start,
                                0,
                                0,
                                1_000_000_000,
                                "work-1",
                                100,
                                null,
                                null));
        assertThat(status("b"))
                .isEqualTo(
                        new TaskStatus(
                                new TaskId("b"),
                                null,
                                TaskState.PENDING,
                                start,
                                0,
                                0,
                                1_000_000_000,
                                0,
                                null,
                                0,
                                null,
                                null));
        fixture.worker(1).reply();
        fixture.advance(Duration.ofSeconds(1));
        fixture.worker(1).reply(false);

        assertThat(status("a").state()).isEqualTo(TaskState.COMPLETED);
        assertThat(status("a").finishedAt()).isEqualTo(start + 1000);
        assertThat(status("b"))
                .isEqualTo(
                        new TaskStatus(
                                new TaskId("b"),
                                null,
                                TaskState.FAILED,
                                start,
                                start + 1000,
                                start + 2000,
                                1_000_000_000,
                                1_000_000_000,
                                "work-1",
                                100,
                                null,
                                new TaskFailure("EXCEPTION", "boom")));
    }

    @Test
    void taskMaySetItsOwnTimeout() {
        Answer answer = fixture.submit(DispatchFixture.task("a", 1, Duration.ofMillis(250)));

        fixture.advance(Duration.ofMillis(250));

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
        assertThat(answer.failure().message()).contains("timeout_ms=250");
    }

    @Test
    void daemonsTimeoutHoldsForTheOthers() {
        Answer answer = fixture.submit("a");

        fixture.advance(DispatchFixture.TIMEOUT.minusMillis(1));
        assertThat(answer.isThere()).isFalse();
        fixture.advance(Duration.ofMillis(1));

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
        assertThat(dispatcher.snapshot().failed()).isEqualTo(1);
    }

    @Test
    void failedTaskIsNotRunAgain() {
        fixture.submit(DispatchFixture.task("a", 1, Duration.ofMillis(250)));
        FakeChannel worker = fixture.worker(1);
        fixture.advance(Duration.ofMillis(250));

        Answer again = fixture.submit("a");

        assertThat(again.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
        assertThat(worker.written()).hasSize(1);
    }

    @Test
    void refusedTaskMayBeSubmittedAgain() {
        fixture.submit("running");
        for (int i = 0; i < 100; i++) {
            fixture.submit("queued-" + i);
        }
        Answer refused = fixture.submit("a");
        assertThat(refused.failure().kind()).isEqualTo(FailureKind.QUEUE_FULL);
        assertThat(dispatcher.tasks().status(new TaskId("a"))).isEmpty();

        fixture.worker(1).reply();
        Answer again = fixture.submit("a");

        assertThat(again.isThere()).isFalse();
        assertThat(status("a").state()).isEqualTo(TaskState.PENDING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"INVALID_REQUEST", "INVALID_PAYLOAD", "MALFORMED_FRAME"})
    void taskThatItsWorkerRefusedMayBeSubmittedAgain(String code) {
        fixture.submit("a");
        String refusal = "{'task_id':'a','ok':false,'error':'no directory','error_code':'%s'}";
        fixture.worker(1).send(TestFrames.json(refusal.formatted(code)));
        assertThat(fixture.await("a").isThere()).as("it is kept for those who ask").isTrue();
        assertThat(dispatcher.tasks().has(new TaskId("a"))).isFalse();

        Answer again = fixture.submit(DispatchFixture.task("a", 2, Duration.ofSeconds(1)));
        fixture.worker(1).reply();

        assertThat(again.result().ok()).isTrue();
        assertThat(status("a").state()).isEqualTo(TaskState.COMPLETED);
    }

    @Test
    void taskThatFailedInItsWorkerIsNotRunAgain() {
        fixture.submit("a");
        fixture.worker(1).reply(false);

        assertThat(fixture.submit("a").isThere()).isTrue();
        assertThat(fixture.worker(1).written()).hasSize(1);
    }

    @Test
    void cancelsTasksThatEndWithTheirClientWhenThatGoes() {
        Answer running = fixture.submit(endsWithClient("running"));
        Answer usual = fixture.submit("usual");
        Answer queued = fixture.submit(endsWithClient("queued"));
        Answer awaited = fixture.submit(endsWithClient("awaited"));
        Answer other = fixture.await("awaited");
        Lane another = dispatcher.newLane();
        Answer others =
                DispatchFixture.listen(dispatcher.submit(endsWithClient("others"), another));

        dispatcher.onClientGone(fixture.lane);

        assertThat(running.failure().message())
                .isEqualTo("task was cancelled while it ran, as its client has gone");
        assertThat(queued.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(List.of(usual, awaited, other, others)).noneMatch(Answer::isThere);
    }

    @Test
    void detachedTasksDoNotEndWithTheirClient() {
        Task task = endsWithClient("a");
        Answer detached =
                fixture.submit(new Task(task.id(), task.frame(), 1, null, true, task.terms()));

        dispatcher.onClientGone(fixture.lane);

        assertThat(detached.isThere()).isFalse();
    }

    private static Task endsWithClient(String id) {
        Task task = DispatchFixture.task(id, 1, null);
        return new Task(task.id(), task.frame(), 1, null, false, Terms.ENDS_WITH_CLIENT);
    }

    @Test
    void cancelsQueuedTask() {
        fixture.submit("running");
        Answer answer = fixture.submit("a");
        Answer joined = fixture.await("a");

        assertThat(dispatcher.cancel(new TaskId("a"))).isTrue();

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(answer.failure().message()).contains("before it ran");
        assertThat(joined.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(dispatcher.cancel(new TaskId("a"))).as("a second time").isFalse();
        fixture.worker(1).reply();
        assertThat(fixture.worker(1).isAsked()).isFalse();
    }

    @Test
    void cancelsRunningTaskByKillingItsWorker() {
        Answer answer = fixture.submit("a");
        Answer next = fixture.submit("b");
        FakeChannel worker = fixture.worker(1);

        assertThat(dispatcher.cancel(new TaskId("a"))).isTrue();

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(answer.failure().message()).contains("while it ran");
        assertThat(worker.wasKilled()).isTrue();
        worker.exitAsTold();
        fixture.transport.readyAll();
        fixture.worker(1).reply();
        assertThat(next.result().ok()).isTrue();
        assertThat(status("a").state()).isEqualTo(TaskState.CANCELLED);
        assertThat(dispatcher.snapshot().failed()).isZero();
        assertThat(dispatcher.snapshot().cancelled()).isOne();
    }

    @Test
    void triesTaskThatNoWorkerHasReadOnAnother() {
        Answer answer = fixture.submit("a");

        fixture.worker(1).exitWithoutReading();
        fixture.advance(Duration.ofSeconds(2));
        fixture.transport.readyAll();
        assertThat(answer.isThere()).isFalse();
        fixture.worker(1).reply();

        assertThat(answer.result().ok()).isTrue();
    }

    @Test
    void givesUpOnTaskThatNoWorkerEverReads() {
        Answer answer = fixture.submit("a");

        int attempts = 0;
        for (int i = 0; i < 3000 && !answer.isThere(); i++) {
            fixture.transport.readyAll();
            if (fixture.transport.alive().stream().anyMatch(FakeChannel::isAsked)) {
                fixture.worker(1).exitWithoutReading();
                attempts++;
            }
            fixture.advance(Duration.ofMillis(100));
        }

        assertThat(answer.failure().kind())
                .isIn(
                        FailureKind.WORKER_CRASHED,
                        FailureKind.WORKER_START_FAILED,
                        FailureKind.QUEUE_TIMEOUT);
        assertThat(attempts).isBetween(2, 100);
    }

    @Test
    void neverRunsTaskAgainThatAWorkerHasRead() {
        Answer answer = fixture.submit("a");

        fixture.worker(1).exit(255, "Fatal error");

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.WORKER_CRASHED);
    }

    @Test
    void cancelReachesTaskThatIsBeingTriedAgain() {
        Answer answer = fixture.submit("a");
        fixture.worker(1).exitWithoutReading();
        fixture.advance(Duration.ofSeconds(2));
        fixture.transport.readyAll();
        FakeChannel second = fixture.worker(1);
        assertThat(second.isAsked()).isTrue();

        dispatcher.cancel(new TaskId("a"));

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(second.wasKilled()).isTrue();
    }

    @Test
    void tellsOfTasksThatFailedByThemselvesAfterTheirReply() {
        AtomicInteger failures = new AtomicInteger();
        Answer[] failed = new Answer[1];
        dispatcher.onTaskFailed(
                () -> {
                    assertThat(failed[0].isThere()).as("reply before the news").isTrue();
                    failures.incrementAndGet();
                });

        fixture.submit("fine");
        fixture.worker(1).reply(true);
        assertThat(failures).hasValue(0);
        failed[0] = fixture.submit("threw");
        fixture.worker(1).reply(false);
        assertThat(failures).hasValue(1);
        failed[0] = fixture.submit("cancelled");
        dispatcher.cancel(new TaskId("cancelled"));

        assertThat(failures).as("a cancelled task has not failed by itself").hasValue(1);
    }

    @Test
    void drainThatWasAskedForFinishesAllTasksAndCanBeEnded() {
        Answer running = fixture.submit("running");
        Answer queued = fixture.submit("queued");
        AtomicInteger drained = new AtomicInteger();

        dispatcher.drain().subscribe().with(ignored -> drained.incrementAndGet());
        assertThat(fixture.submit("late").failure().kind()).isEqualTo(FailureKind.SHUTTING_DOWN);
        fixture.worker(1).reply();
        assertThat(running.result().ok()).isTrue();
        assertThat(drained).hasValue(0);
        fixture.worker(1).reply();
        assertThat(queued.result().ok()).isTrue();
        assertThat(drained).hasValue(1);
        assertThat(dispatcher.snapshot().draining()).isTrue();

        dispatcher.resume(null);
        Answer next = fixture.submit("next");
        fixture.worker(1).reply();
        assertThat(next.result().ok()).isTrue();
    }

    @Test
    void drainTellsOnceWhenTheLastTaskIsDone() {
        AtomicInteger idle = new AtomicInteger();
        Answer running = fixture.submit("running");
        Answer queued = fixture.submit("queued");

        dispatcher.drain(idle::incrementAndGet);
        assertThat(queued.failure().kind()).isEqualTo(FailureKind.SHUTTING_DOWN);
        assertThat(idle).hasValue(0);
        fixture.worker(1).reply();
        assertThat(running.result().ok()).isTrue();
        assertThat(idle).hasValue(1);

        assertThat(fixture.submit("late").failure().kind()).isEqualTo(FailureKind.SHUTTING_DOWN);
        assertThat(idle).hasValue(1);
    }

    @Test
    void drainTellsOnceWhenOnlyQueuedTasksWereThere() {
        AtomicInteger idle = new AtomicInteger();
        fixture.lane.hold();
        fixture.submit("queued");

        dispatcher.drain(idle::incrementAndGet);

        assertThat(idle).hasValue(1);
    }

    @Test
    void idleDispatcherIsDrainedAtOnce() {
        AtomicInteger idle = new AtomicInteger();

        dispatcher.drain(idle::incrementAndGet);

        assertThat(idle).hasValue(1);
    }

    @Test
    void countsWhatItDoes() {
        fixture.submit("a");
        fixture.submit("b");
        fixture.submit("c");
        fixture.worker(1).reply(true);
        fixture.worker(1).reply(false);

        DispatchSnapshot snapshot = dispatcher.snapshot();
        assertThat(snapshot.submitted()).isEqualTo(3);
        assertThat(snapshot.completed()).isEqualTo(1);
        assertThat(snapshot.failed()).isEqualTo(1);
        assertThat(snapshot.inFlight()).isEqualTo(1);
        assertThat(snapshot.retained()).isEqualTo(2);
        assertThat(snapshot.retainedBytes()).isPositive();
    }

    private TaskStatus status(String id) {
        return dispatcher.tasks().status(new TaskId(id)).orElseThrow();
    }

    private static byte[] frame(Answer answer) {
        return ((TaskResult.Replied) answer.result()).frame();
    }
}
