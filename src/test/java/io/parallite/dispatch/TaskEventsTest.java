package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.dispatch.DispatchFixture.Answer;
import io.parallite.pool.FakeChannel;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskProgress;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.parallite.task.TaskWatcher;
import io.parallite.wire.Reply;
import io.parallite.wire.TestFrames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What running tasks say, who hears it, and tasks that are asked to end. */
class TaskEventsTest {

    private static final String PROGRESS = "'event':'progress','fraction':0.5,'message':'half'";
    private static final String EMIT = "'event':'emit','value':1";

    private final DispatchFixture fixture = new DispatchFixture(1);
    private final Dispatcher dispatcher = fixture.dispatcher;
    private final FakeChannel worker = fixture.worker(1);

    /** Writes down what it is told. */
    private static final class Recorder implements TaskWatcher {
        private final List<String> told = new ArrayList<>();
        private final boolean wantsOutput;
        private boolean behind;

        Recorder() {
            this(false);
        }

        Recorder(boolean wantsOutput) {
            this.wantsOutput = wantsOutput;
        }

        @Override
        public boolean wantsOutput() {
            return wantsOutput;
        }

        @Override
        public void onStarted(TaskStatus status) {
            told.add(status.state() + " on " + status.worker());
        }

        @Override
        public void onEvent(String name, byte[] frame) {
            told.add(TestFrames.text(frame));
        }

        @Override
        public boolean isBehind() {
            return behind;
        }
    }

    @Test
    void watcherHearsOfStartAndEvents() {
        fixture.submit("before");
        Answer answer = fixture.submit("a");
        Recorder recorder = watch("a");
        worker.reply();
        worker.say(PROGRESS);
        worker.say(EMIT);

        assertThat(recorder.told)
                .containsExactly(
                        "RUNNING on work-1",
                        "{\"task_id\":\"a\",\"event\":\"progress\",\"fraction\":0.5,\"message\":\"half\"}",
                        "{\"task_id\":\"a\",\"event\":\"emit\",\"value\":1}");
        worker.reply();
        assertThat(answer.result().ok()).isTrue();
    }

    @Test
    void everyWatcherHears() {
        fixture.submit("a");
        Recorder one = watch("a");
        Recorder two = watch("a");

        worker.say(EMIT);

        assertThat(one.told).hasSize(1).isEqualTo(two.told);
    }

    @Test
    void workerIsAskedForOutputWheneverSomebodyBeginsToWantIt() {
        worker.features("follow");
        fixture.submit("a");
        watch("a");
        assertThat(worker.follows()).isZero();

        dispatcher.watch(new TaskId("a"), new Recorder(true));
        dispatcher.watch(new TaskId("a"), new Recorder(true));

        assertThat(worker.follows()).isEqualTo(2);
    }

    @Test
    void workerOfWaitingTaskIsAskedForOutputWithIt() {
        worker.features("follow");
        fixture.submit("first");
        fixture.submit("a");
        dispatcher.watch(new TaskId("a"), new Recorder(true));
        assertThat(worker.follows()).isZero();

        worker.reply();

        assertThat(worker.lastTask()).isEqualTo("a");
        assertThat(worker.follows()).isEqualTo(1);
    }

    @Test
    void detailHasWhatTheRunningTaskHasPrinted() {
        worker.features("follow");
        fixture.submit("a");
        TaskId id = new TaskId("a");
        assertThat(printed(id)).isNull();

        assertThat(dispatcher.tasks().listen(id)).isTrue();
        assertThat(dispatcher.tasks().listen(id)).isFalse();
        worker.say("'event':'output','stream':'stdout','offset':0,'length':4,'data':'one\\n'");
        worker.say("'event':'output','stream':'stderr','offset':0,'length':5,'data':'oops\\n'");
        assertThat(worker.follows()).isEqualTo(1);
        assertThat(printed(id)).isEqualTo("one\noops\n");

        worker.say("'event':'output','stream':'stdout','offset':0,'length':4,'data':'one\\n'");
        worker.say(
                "'event':'output','stream':'stdout','offset':4,'length':1,'data':'/w==','data_encoding':'base64'");
        assertThat(printed(id)).as("without what is told again").isEqualTo("one\noops\n\ufffd");
    }

    @Test
    void detailHasTheEndOfMuchOutput() {
        fixture.submit("a");
        for (int i = 0; i < 100; i++) {
            worker.say(
                    "'event':'output','stream':'output','offset':%d,'length':1000,'data':'%s'"
                            .formatted(i * 1000, Integer.toString(i % 10).repeat(1000)));
        }

        assertThat(printed(new TaskId("a")))
                .asString()
                .startsWith("…")
                .endsWith("8".repeat(1000) + "9".repeat(1000));
    }

    private @Nullable Object printed(TaskId id) {
        return Reply.detail(dispatcher.tasks().detail(id).orElseThrow()).fields().get("output");
    }

    @Test
    void workerIsNotAskedForWhatItsRequestSays() {
        worker.features("follow");
        Task task = DispatchFixture.task("a", 1, null);
        fixture.submit(task);

        dispatcher.watch(task, new Recorder(true));

        assertThat(worker.follows()).isZero();
    }

    @Test
    void workerThatCannotTellOutputIsNotAsked() {
        fixture.submit("a");

        dispatcher.watch(new TaskId("a"), new Recorder(true));

        assertThat(worker.follows()).isZero();
    }

    @Test
    void outputIsToldToWatchers() {
        fixture.submit("a");
        Recorder recorder = watch("a");

        worker.say("'event':'output','stream':'stdout','offset':0,'length':2,'data':'hi'");

        assertThat(recorder.told).hasSize(1);
    }

    /** What it has not read may be the question for its output. */
    @Test
    void followedTaskIsNotRunAgainWhenItsWorkerEndsWithSomethingUnread() {
        worker.features("follow");
        Answer answer = fixture.submit("a");
        dispatcher.watch(new TaskId("a"), new Recorder(true));

        worker.exitWithoutReading();

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.WORKER_CRASHED);
    }

    @Test
    void watcherThatLeftHearsNothing() {
        fixture.submit("a");
        Recorder recorder = new Recorder();
        Watch watch = dispatcher.watch(new TaskId("a"), recorder).orElseThrow();

        watch.close();
        worker.say(EMIT);

        assertThat(recorder.told).isEmpty();
    }

    @Test
    void whoAwaitsAndLeavesIsForgotten() {
        TaskRun run =
                new TaskRun(
                        DispatchFixture.task("a", 1, null),
                        dispatcher.pools().main(),
                        0,
                        0,
                        () -> {});
        List<TaskResult> told = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            run.result().subscribe().with(told::add).cancel();
        }
        run.result().subscribe().with(told::add);
        run.result().subscribe().with(told::add);

        assertThat(run.waiting()).isEqualTo(2);
        run.end(new TaskResult.Failed(FailureKind.CANCELLED, "x"), 0);
        run.answer();
        assertThat(told).hasSize(2);
        assertThat(run.waiting()).isZero();
    }

    @Test
    void nobodyWatchesAnotherTaskOfTheSameId() {
        fixture.submit("a");

        assertThat(dispatcher.watch(DispatchFixture.task("a", 2, null), new Recorder())).isEmpty();
        assertThat(dispatcher.watch(DispatchFixture.task("a", 1, null), new Recorder()))
                .isPresent();
    }

    @Test
    void statusTellsLastProgress() {
        fixture.submit("a");
        worker.say("'event':'progress','fraction':0.25");
        worker.say(PROGRESS);

        assertThat(status("a").progress()).isEqualTo(new TaskProgress(0.5, "half"));
        worker.reply();
        assertThat(dispatcher.tasks().list(1, TaskState.COMPLETED).getFirst().progress())
                .isEqualTo(new TaskProgress(0.5, "half"));
    }

    @Test
    void nonsenseProgressIsNone() {
        fixture.submit("a");

        worker.say("'event':'progress','fraction':'much','message':[1]");
        assertThat(status("a").progress()).isEqualTo(new TaskProgress(null, null));
        worker.say("'event':'progress','fraction':7");
        assertThat(status("a").progress()).isEqualTo(new TaskProgress(1.0, null));
        worker.say("'event':'progress'");
        assertThat(status("a").progress()).isNull();
    }

    @Test
    void remembersNoProgressOfAnySize() {
        fixture.submit("a");

        worker.say("'event':'progress','message':'%s'".formatted("x".repeat(100_000)));

        assertThat(status("a").progress()).isNull();
    }

    @Test
    void unknownEventsAreDropped() {
        Answer answer = fixture.submit("a");
        Recorder recorder = watch("a");

        worker.say("'event':'weather','value':'rain'");

        assertThat(recorder.told).isEmpty();
        worker.reply();
        assertThat(answer.result().ok()).isTrue();
    }

    @Test
    void eventOfAnotherTaskEndsTheWorker() {
        Answer answer = fixture.submit("a");

        worker.send(TestFrames.json("{'task_id':'b','event':'progress','fraction':1}"));

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.WORKER_PROTOCOL);
        assertThat(worker.wasKilled()).isTrue();
    }

    @Test
    void eventAfterTheReplyEndsTheWorker() {
        Answer answer = fixture.submit("a");
        worker.reply();
        worker.say(PROGRESS);

        assertThat(answer.result().ok()).isTrue();
        assertThat(worker.wasKilled()).isTrue();
    }

    @Test
    void workerIsNotReadWhileWatcherIsBehind() {
        fixture.submit("a");
        Recorder quick = watch("a");
        Recorder slow = new Recorder();
        Watch watch = dispatcher.watch(new TaskId("a"), slow).orElseThrow();

        slow.behind = true;
        worker.say(EMIT);
        assertThat(worker.isPaused()).isTrue();
        assertThat(quick.told).hasSize(1);

        slow.behind = false;
        watch.resume();
        assertThat(worker.isPaused()).isFalse();
    }

    @Test
    void workerIsReadAgainWhenTheSlowWatcherLeaves() {
        fixture.submit("a");
        Recorder slow = new Recorder();
        Watch watch = dispatcher.watch(new TaskId("a"), slow).orElseThrow();
        slow.behind = true;
        worker.say(EMIT);

        watch.close();

        assertThat(worker.isPaused()).isFalse();
    }

    @Test
    void workerIsReadAgainForItsNextTask() {
        fixture.submit("a");
        Recorder slow = watch("a");
        slow.behind = true;
        worker.say(EMIT);

        worker.reply();

        assertThat(worker.isPaused()).isFalse();
        assertThat(fixture.submit("b").isThere()).isFalse();
        worker.reply();
        assertThat(status("b").state()).isEqualTo(TaskState.COMPLETED);
    }

    @Test
    void taskIsTimedOutThoughNobodyReadsItsEvents() {
        Answer answer = fixture.submit("a");
        Recorder slow = watch("a");
        slow.behind = true;
        worker.say(EMIT);

        fixture.advance(DispatchFixture.TIMEOUT);

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
        assertThat(worker.wasKilled()).isTrue();
    }

    @Test
    void cancelWithGraceAnswersAtOnceAndKeepsTheWorkerThatObeys() {
        worker.features("cancel");
        Answer answer = fixture.submit("a");

        assertThat(dispatcher.cancel(new TaskId("a"), Duration.ofSeconds(2))).isTrue();

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(worker.cancels())
                .extracting(TestFrames::text)
                .containsExactly("{\"type\":\"cancel\",\"task_id\":\"a\"}");
        fixture.advance(Duration.ofMillis(1999));
        worker.reply();
        fixture.advance(Duration.ofSeconds(5));
        assertThat(worker.wasKilled()).isFalse();
        assertThat(status("a").failure().code()).isEqualTo("CANCELLED");
        fixture.submit("b");
        worker.reply();
        assertThat(status("b").state()).isEqualTo(TaskState.COMPLETED);
    }

    @Test
    void cancelWithGraceKillsTheWorkerThatGoesOn() {
        worker.features("cancel");
        fixture.submit("a");
        dispatcher.cancel(new TaskId("a"), Duration.ofSeconds(2));

        fixture.advance(Duration.ofMillis(1999));
        assertThat(worker.wasKilled()).isFalse();
        fixture.advance(Duration.ofMillis(1));

        assertThat(worker.wasKilled()).isTrue();
    }

    @Test
    void workerThatDoesNotListenGetsItsGraceToo() {
        fixture.submit("a");

        dispatcher.cancel(new TaskId("a"), Duration.ofSeconds(2));

        assertThat(worker.cancels()).isEmpty();
        assertThat(worker.wasKilled()).isFalse();
        fixture.advance(Duration.ofSeconds(2));
        assertThat(worker.wasKilled()).isTrue();
    }

    @Test
    void graceDoesNotOutlastTheTasksTimeout() {
        fixture.submit(DispatchFixture.task("a", 1, Duration.ofMillis(500)));

        dispatcher.cancel(new TaskId("a"), Duration.ofMinutes(5));
        fixture.advance(Duration.ofMillis(500));

        assertThat(worker.wasKilled()).isTrue();
    }

    @Test
    void cancelledTaskIsNotRunAgainWhenItsWorkerHadNotReadIt() {
        fixture.submit("a");
        dispatcher.cancel(new TaskId("a"), Duration.ofSeconds(2));

        worker.exitWithoutReading();
        fixture.advance(Duration.ofSeconds(2));
        fixture.transport.readyAll();

        assertThat(fixture.worker(1).written()).isEmpty();
        assertThat(status("a").failure().code()).isEqualTo("CANCELLED");
    }

    @Test
    void eventsOfCancelledTaskReachNobody() {
        fixture.submit("a");
        Recorder recorder = watch("a");
        dispatcher.cancel(new TaskId("a"), Duration.ofSeconds(2));

        worker.say(EMIT);

        assertThat(recorder.told).isEmpty();
        assertThat(worker.wasKilled()).isFalse();
    }

    @Test
    void cancelWithGraceTakesQueuedTaskOut() {
        fixture.submit("running");
        Answer answer = fixture.submit("a");

        dispatcher.cancel(new TaskId("a"), Duration.ofSeconds(2));
        worker.reply();

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(worker.written()).hasSize(1);
    }

    private Recorder watch(String id) {
        Recorder recorder = new Recorder();
        assertThat(dispatcher.watch(new TaskId(id), recorder)).isPresent();
        return recorder;
    }

    private TaskStatus status(String id) {
        return dispatcher.tasks().status(new TaskId(id)).orElseThrow();
    }
}
