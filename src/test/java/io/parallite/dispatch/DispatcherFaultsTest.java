package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.parallite.dispatch.DispatchFixture.Answer;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.TaskStatus;
import io.parallite.task.TaskWatcher;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever throws, every task is answered, and what is held for it given back once. */
class DispatcherFaultsTest {

    private final DispatchFixture fixture = new DispatchFixture(1);
    private final Dispatcher dispatcher = fixture.dispatcher;
    private final AtomicInteger released = new AtomicInteger();

    private Answer submit(DispatchFixture to, String id) {
        return DispatchFixture.listen(
                to.dispatcher.submit(
                        DispatchFixture.task(id, 1, null), to.lane, released::incrementAndGet));
    }

    static Stream<Error> errors() {
        return Stream.of(
                new OutOfMemoryError("Direct buffer memory"),
                new StackOverflowError(),
                new AssertionError("a defect"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void cacheThatThrowsLosesTheRetentionAndNotTheAnswer(Error error) {
        DispatchFixture failing = DispatchFixture.whoseCacheThrows(1, error);
        AtomicInteger idle = new AtomicInteger();

        Answer first = submit(failing, "a");
        Answer second = submit(failing, "b");
        failing.worker(1).reply();
        failing.worker(1).reply();

        assertThat(first.result().ok()).isTrue();
        assertThat(second.result().ok()).isTrue();
        assertThat(released).hasValue(2);
        assertThat(failing.dispatcher.snapshot().inFlight()).isZero();
        assertThat(failing.dispatcher.snapshot().completed()).isEqualTo(2);
        assertThat(failing.dispatcher.tasks().await(new TaskId("a"))).isEmpty();
        failing.dispatcher.drain(idle::incrementAndGet);
        assertThat(idle).hasValue(1);
    }

    @ParameterizedTest
    @MethodSource("errors")
    void listenersThatThrowChangeNothing(Error error) {
        dispatcher.observe(
                new TaskListener() {
                    @Override
                    public void onStarted(TaskRun run) {
                        throw error;
                    }

                    @Override
                    public void onEnded(TaskRun run) {
                        throw error;
                    }
                });
        dispatcher.onTaskFailed(
                () -> {
                    throw error;
                });

        Answer answer = submit(fixture, "a");
        fixture.worker(1).reply();
        Answer failed = submit(fixture, "b");
        fixture.worker(1).reply(false);

        assertThat(answer.result().ok()).isTrue();
        assertThat(failed.result().ok()).isFalse();
        assertThat(fixture.await("a").result().ok()).as("retained").isTrue();
        assertThat(released).hasValue(2);
    }

    @Test
    void oneWhoThrowsKeepsNoOtherFromTheAnswer() {
        dispatcher
                .submit(DispatchFixture.task("a", 1, null), fixture.lane)
                .subscribe()
                .with(
                        result -> {
                            throw new StackOverflowError("for a test");
                        });
        Answer other = fixture.await("a");

        fixture.worker(1).reply();

        assertThat(other.result().ok()).isTrue();
        assertThat(fixture.await("a").result().ok()).as("retained").isTrue();
    }

    @Test
    void watcherThatThrowsKeepsNoOtherFromTheEvent() {
        fixture.submit("a");
        AtomicInteger heard = new AtomicInteger();
        dispatcher.watch(new TaskId("a"), new Watcher(() -> sneakyThrow()));
        dispatcher.watch(new TaskId("a"), new Watcher(heard::incrementAndGet));

        fixture.worker(1).say("'event':'emit','value':1");

        assertThat(heard).hasValue(1);
    }

    private static void sneakyThrow() {
        throw new OutOfMemoryError("for a test");
    }

    private record Watcher(Runnable action) implements TaskWatcher {
        @Override
        public void onStarted(TaskStatus status) {}

        @Override
        public void onEvent(String name, byte[] frame) {
            action.run();
        }

        @Override
        public boolean isBehind() {
            return false;
        }
    }

    @Test
    void taskThatIsAnsweredInOrderIsReleasedOnce() {
        submit(fixture, "a");
        assertThat(released).hasValue(0);

        fixture.worker(1).reply();

        assertThat(released).hasValue(1);
    }

    @Test
    void taskThatRunsNothingIsReleasedAtOnce() {
        submit(fixture, "a");

        submit(fixture, "a");
        assertThat(released).as("joined").hasValue(1);
        fixture.worker(1).reply();
        submit(fixture, "a");

        assertThat(released).as("ended, and retained").hasValue(3);
    }

    @Test
    void cancelledTaskIsReleasedWhenItHasLeftTheQueue() {
        submit(fixture, "runs");
        submit(fixture, "waits");

        dispatcher.cancel(new TaskId("waits"));

        assertThat(released).hasValue(1);
    }

    @Test
    void taskThatMayEndByItselfIsReleasedWhenItHas() {
        submit(fixture, "a");

        dispatcher.cancel(new TaskId("a"), Duration.ofHours(1));
        assertThat(released).as("its worker still has it").hasValue(0);
        fixture.worker(1).reply();

        assertThat(released).hasValue(1);
    }

    @Test
    void refusedTaskIsReleased() {
        dispatcher.drain(() -> {});

        Answer answer = submit(fixture, "a");

        assertThat(answer.failure().kind()).isEqualTo(FailureKind.SHUTTING_DOWN);
        assertThat(released).hasValue(1);
    }

    @Test
    void oneTaskIsFollowedByAsManyAsMay() {
        fixture.submit("a");
        for (int i = 0; i < Dispatcher.MAX_WATCHERS; i++) {
            dispatcher.watch(new TaskId("a"), new Watcher(() -> {}));
        }

        assertThatExceptionOfType(TaskException.class)
                .isThrownBy(() -> dispatcher.watch(new TaskId("a"), new Watcher(() -> {})))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(FailureKind.BUDGET_EXCEEDED));
    }

    @Test
    void statusOfARetainedFailureSaysWhy() {
        fixture.submit("a");
        fixture.worker(1).reply(false);

        TaskStatus status = dispatcher.tasks().status(new TaskId("a")).orElseThrow();

        assertThat(status.failure()).isNotNull();
    }
}
