package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.dispatch.DispatchFixture.Answer;
import io.parallite.history.TaskFigures;
import io.parallite.history.TaskLog;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the daemon remembers of the tasks that have passed, and who is told of them. */
class TaskLogTest {

    private static final TaskFailure BOOM = new TaskFailure("EXCEPTION", "boom");

    private final DispatchFixture fixture = new DispatchFixture(1);
    private final Dispatcher dispatcher = fixture.dispatcher;

    @Test
    void listsTasksNewestFirst() {
        for (String id : List.of("ended", "failed", "running", "waiting")) {
            fixture.submit(id);
            fixture.advance(Duration.ofMillis(5));
        }
        fixture.worker(1).reply();
        fixture.worker(1).reply(false);

        List<TaskStatus> tasks = dispatcher.tasks().list(50, null);

        assertThat(names(tasks)).containsExactly("waiting", "running", "failed", "ended");
        assertThat(tasks)
                .extracting(TaskStatus::state)
                .containsExactly(
                        TaskState.PENDING,
                        TaskState.RUNNING,
                        TaskState.FAILED,
                        TaskState.COMPLETED);
        assertThat(tasks.get(2).failure()).isEqualTo(BOOM);
        assertThat(tasks.get(2).worker()).isEqualTo("work-1");
    }

    @Test
    void listsNoMoreThanAskedForAndOnlyOneState() {
        run("a", true);
        run("b", false);
        run("c", true);

        assertThat(names(dispatcher.tasks().list(2, null))).containsExactly("c", "b");
        assertThat(names(dispatcher.tasks().list(50, TaskState.COMPLETED)))
                .containsExactly("c", "a");
        assertThat(names(dispatcher.tasks().list(1, TaskState.FAILED))).containsExactly("b");
        assertThat(dispatcher.tasks().list(50, TaskState.RUNNING)).isEmpty();
        assertThat(dispatcher.tasks().list(0, null)).isEmpty();
    }

    @Test
    void remembersFailuresLongerThanTheRest() {
        run("broken", false);
        for (int i = 0; i < TaskLog.RECENT; i++) {
            run("fine-" + i, true);
        }

        List<TaskStatus> tasks = dispatcher.tasks().list(1000, null);

        assertThat(tasks).hasSize(TaskLog.RECENT + 1).doesNotHaveDuplicates();
        assertThat(names(tasks)).endsWith("broken").contains("fine-0");
    }

    @Test
    void doesNotGrow() {
        for (int i = 0; i < 1000; i++) {
            run("task-" + i, i % 2 == 0);
        }

        assertThat(dispatcher.tasks().list(5000, null)).hasSize(TaskLog.RECENT);
        assertThat(dispatcher.tasks().list(5000, TaskState.FAILED)).hasSize(TaskLog.FAILURES);
    }

    @Test
    void keepsOneTaskWhereverItIs() {
        fixture.submit("running");
        fixture.submit("waiting");
        fixture.submit("cancelled");
        dispatcher.cancel(new TaskId("cancelled"));

        assertThat(detail("running").status().state()).isEqualTo(TaskState.RUNNING);
        assertThat(detail("running").status().pid()).isEqualTo(100);
        assertThat(detail("running").reply()).isNull();
        assertThat(detail("waiting").status().state()).isEqualTo(TaskState.PENDING);
        assertThat(detail("waiting").status().pid()).isZero();
        assertThat(detail("cancelled").status().failure().code()).isEqualTo("CANCELLED");
        assertThat(dispatcher.tasks().detail(new TaskId("unknown"))).isEmpty();
    }

    @Test
    void keepsAFailureLongerThanItsResult() {
        run("broken", false);
        run("fine", true);
        assertThat(detail("fine").reply()).isNotNull();
        fixture.advance(DispatchFixture.RETENTION.plusSeconds(1));

        assertThat(dispatcher.tasks().status(new TaskId("broken"))).isEmpty();
        assertThat(detail("broken").status().failure()).isEqualTo(BOOM);
        assertThat(detail("broken").reply()).isNotNull();
        assertThat(detail("fine").status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(detail("fine").reply()).isNull();
        assertThat(dispatcher.log().failures(10)).hasSize(1);
    }

    @Test
    void aCancelledTaskIsNoFailure() {
        fixture.submit("a");
        dispatcher.cancel(new TaskId("a"));

        assertThat(dispatcher.log().failures(10)).isEmpty();
    }

    private TaskDetail detail(String id) {
        return dispatcher.tasks().detail(new TaskId(id)).orElseThrow();
    }

    @Test
    void tellsHowLongTasksWaitedAndRan() {
        for (int i = 0; i < 100; i++) {
            fixture.submit("running-" + i);
            fixture.submit("waiting-" + i);
            fixture.advance(Duration.ofMillis(10));
            fixture.worker(1).reply();
            fixture.advance(Duration.ofMillis(30));
            fixture.worker(1).reply();
        }

        TaskFigures figures = dispatcher.log().figures();

        assertThat(figures.ran().count()).isEqualTo(200);
        assertThat(figures.ran().p50()).isBetween(9.9, 10.1);
        assertThat(figures.ran().p90()).isBetween(29.7, 30.3);
        assertThat(figures.ran().max()).isBetween(29.7, 30.3);
        assertThat(figures.queued().p50()).isZero();
        assertThat(figures.queued().p99()).isBetween(9.9, 10.1);
    }

    @Test
    void durationsAreThoseOfTheLastMinute() {
        fixture.submit("slow");
        fixture.advance(Duration.ofSeconds(5));
        fixture.worker(1).reply();

        fixture.advance(Duration.ofSeconds(59));
        assertThat(dispatcher.log().figures().ran().max()).isBetween(4950.0, 5050.0);

        fixture.advance(Duration.ofSeconds(11));
        run("fast", true);
        assertThat(dispatcher.log().figures().ran().count()).isEqualTo(1);
        assertThat(dispatcher.log().figures().ran().max()).isZero();
    }

    @Test
    void tellsRates() {
        fixture.advance(Duration.ofSeconds(1));
        for (int i = 0; i < 30; i++) {
            run("a" + i, true);
        }
        fixture.advance(Duration.ofSeconds(1));

        assertThat(dispatcher.log().figures().perSecond()).isEqualTo(30);
        assertThat(dispatcher.log().figures().perSecondOfMinute()).isEqualTo(15);

        fixture.advance(Duration.ofSeconds(28));
        assertThat(dispatcher.log().figures().perSecond()).isZero();
        assertThat(dispatcher.log().figures().perSecondOfMinute()).isEqualTo(1);

        fixture.advance(Duration.ofSeconds(60));
        assertThat(dispatcher.log().figures().perSecondOfMinute()).isZero();
    }

    @Test
    void tasksThatNeverGotWorkerDoNotCountAsRun() {
        fixture.submit("running");
        fixture.submit("a");

        dispatcher.cancel(new TaskId("a"));

        assertThat(dispatcher.log().figures().ran().count()).isZero();
        assertThat(dispatcher.tasks().list(1, TaskState.FAILED)).isEmpty();
        TaskStatus cancelled = dispatcher.tasks().list(1, TaskState.CANCELLED).getFirst();
        assertThat(cancelled.worker()).isNull();
        assertThat(cancelled.failure().code()).isEqualTo("CANCELLED");
    }

    @Test
    void listenerHearsOfStartsAndEnds() {
        List<String> heard = new ArrayList<>();
        dispatcher.observe(
                new TaskListener() {
                    @Override
                    public void onStarted(TaskRun run) {
                        heard.add("started " + run.task().id() + " on " + run.worker());
                    }

                    @Override
                    public void onEnded(TaskRun run) {
                        heard.add(
                                "ended %s %s queued=%d ran=%d failure=%s"
                                        .formatted(
                                                run.task().id(),
                                                run.outcome().ok(),
                                                run.queuedNanos() / 1_000_000,
                                                run.ranNanos() / 1_000_000,
                                                run.failure()));
                    }
                });
        Answer first = fixture.submit("a");
        fixture.submit("b");
        fixture.advance(Duration.ofMillis(7));
        fixture.worker(1).reply();
        fixture.advance(Duration.ofMillis(3));
        fixture.worker(1).reply(false);

        assertThat(first.isThere()).isTrue();
        assertThat(heard)
                .containsExactlyInAnyOrder( // a worker may get its next task first
                        "started a on work-1",
                        "ended a true queued=0 ran=7 failure=null",
                        "started b on work-1",
                        "ended b false queued=7 ran=3 failure=" + BOOM);
    }

    private void run(String id, boolean ok) {
        fixture.submit(id);
        fixture.worker(1).reply(ok);
        fixture.advance(Duration.ofMillis(1));
    }

    private static List<String> names(List<TaskStatus> tasks) {
        return tasks.stream().map(task -> task.id().value()).toList();
    }
}
