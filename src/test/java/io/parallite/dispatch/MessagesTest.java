package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.dispatch.DispatchFixture.Answer;
import io.parallite.pool.FakeChannel;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.wire.TestFrames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Messages to tasks: in order, as many as a task can take, and none twice. */
class MessagesTest {

    private static final String RECEIVED = "'event':'received'";

    private final DispatchFixture fixture = new DispatchFixture(1);
    private final Dispatcher dispatcher = fixture.dispatcher;
    private final FakeChannel worker = fixture.worker(1);

    @BeforeEach
    void takeMessages() {
        worker.features("messages");
    }

    /** A message, and what has come of it. */
    private static final class Sent {
        private final List<@Nullable Throwable> answers = new ArrayList<>();
        private int releases;

        boolean isWithWorker() {
            return answers.size() == 1 && answers.getFirst() == null;
        }

        FailureKind failure() {
            assertThat(answers).hasSize(1);
            assertThat(answers.getFirst()).isInstanceOf(TaskException.class);
            return ((TaskException) answers.getFirst()).kind();
        }
    }

    private static byte[] frame(String id, String value) {
        return TestFrames.json("{'type':'send','task_id':'%s','value':'%s'}".formatted(id, value));
    }

    private static String text(String id, String value) {
        return TestFrames.text(frame(id, value));
    }

    private Sent send(String id, String value) {
        Sent sent = new Sent();
        dispatcher
                .send(new TaskId(id), frame(id, value), () -> sent.releases++)
                .subscribe()
                .with(ignored -> sent.answers.add(null), sent.answers::add);
        return sent;
    }

    private List<Sent> sendMany(String id, int count) {
        return IntStream.range(0, count).mapToObj(i -> send(id, "m" + i)).toList();
    }

    @Test
    void reachTheRunningTaskInOrder() {
        fixture.submit("a");
        Sent one = send("a", "1");
        Sent two = send("a", "2");

        assertThat(worker.messages()).containsExactly(text("a", "1"), text("a", "2"));
        assertThat(List.of(one, two)).allMatch(Sent::isWithWorker);
        assertThat(one.releases).isZero();
        worker.say(RECEIVED);
        assertThat(one.releases).isOne();
        assertThat(two.releases).isZero();
    }

    @Test
    void waitForATaskThatHasNotBegun() {
        fixture.submit("before");
        fixture.submit("a");
        Sent sent = send("a", "1");
        assertThat(sent.answers).isEmpty();

        worker.reply();

        assertThat(worker.lastTask()).isEqualTo("a");
        assertThat(worker.messages()).containsExactly(text("a", "1"));
        assertThat(sent.isWithWorker()).isTrue();
    }

    @Test
    void waitWhileTheTaskHasTooManyToTake() {
        fixture.submit("a");
        List<Sent> sent = sendMany("a", Messages.WINDOW + 2);
        assertThat(worker.messages()).hasSize(Messages.WINDOW);
        assertThat(sent.getLast().answers).isEmpty();

        worker.say(RECEIVED);
        worker.say(RECEIVED);

        assertThat(worker.messages()).hasSize(Messages.WINDOW + 2);
        assertThat(sent).allMatch(Sent::isWithWorker);
    }

    @Test
    void waitWhileTheTaskHasTooMuchToTake() {
        fixture.submit("a");
        Sent large = send("a", "x".repeat(2 * Messages.WINDOW_BYTES));
        Sent small = send("a", "1");
        assertThat(large.isWithWorker()).as("one that is alone").isTrue();
        assertThat(small.answers).isEmpty();

        worker.say(RECEIVED);

        assertThat(small.isWithWorker()).isTrue();
    }

    @Test
    void goToTheWorkerThatRunsTheTaskInPlaceOfOneThatReturnsIt() {
        fixture.submit("warm-up");
        worker.reply();
        Answer answer = fixture.submit("a");
        List<Sent> sent = sendMany("a", Messages.WINDOW + 1);
        worker.giveBack();
        worker.exit(0, "");
        fixture.advance(Duration.ofSeconds(2));
        fixture.transport.last().features("messages");
        fixture.transport.readyAll();

        FakeChannel next = fixture.worker(1);
        assertThat(next).isNotSameAs(worker);
        assertThat(next.lastTask()).isEqualTo("a");
        assertThat(next.messages())
                .containsExactlyElementsOf(
                        IntStream.range(0, Messages.WINDOW)
                                .mapToObj(i -> text("a", "m" + i))
                                .toList());
        next.say(RECEIVED);
        assertThat(next.messages()).endsWith(text("a", "m" + Messages.WINDOW));
        next.reply();
        assertThat(answer.result().ok()).isTrue();
        assertThat(sent).allMatch(each -> each.releases == 1).allMatch(Sent::isWithWorker);
    }

    @Test
    void areRefusedWhenTheTaskEndsBefore() {
        fixture.submit("a");
        List<Sent> sent = sendMany("a", Messages.WINDOW + 1);

        worker.reply();

        assertThat(sent.getFirst().isWithWorker()).isTrue();
        assertThat(sent.getLast().failure()).isEqualTo(FailureKind.NOT_FOUND);
        assertThat(sent).allMatch(each -> each.releases == 1);
        Sent late = send("a", "late");
        assertThat(late.failure()).isEqualTo(FailureKind.NOT_FOUND);
        assertThat(late.releases).isOne();
    }

    @Test
    void areRefusedWhenTheTaskIsCancelledInTheQueue() {
        fixture.submit("before");
        fixture.submit("a");
        Sent sent = send("a", "1");

        dispatcher.cancel(new TaskId("a"));

        assertThat(sent.failure()).isEqualTo(FailureKind.NOT_FOUND);
        assertThat(sent.releases).isOne();
        worker.reply();
        assertThat(worker.messages()).isEmpty();
    }

    @Test
    void areRefusedByAWorkerThatTakesNone() {
        worker.features("follow");
        Answer answer = fixture.submit("a");

        Sent sent = send("a", "1");

        assertThat(sent.failure()).isEqualTo(FailureKind.INVALID_REQUEST);
        assertThat(sent.releases).isOne();
        assertThat(send("a", "2").failure()).isEqualTo(FailureKind.INVALID_REQUEST);
        assertThat(worker.messages()).isEmpty();
        worker.reply();
        assertThat(answer.result().ok()).isTrue();
    }
}
