package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.dispatch.DispatchFixture.Answer;
import io.parallite.task.FailureKind;
import io.parallite.task.Isolation;
import io.parallite.task.Priority;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.Terms;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Tasks that submit tasks and wait for them, with as many workers as there may be at their side.
 */
class NestedTasksTest {

    private final DispatchFixture fixture = new DispatchFixture(1);

    @Test
    void taskThatWaitsForItsOwnLendsThePlaceOfItsWorker() {
        Answer parent = fixture.submit("parent");
        Answer child = fixture.submit(childOf("parent", "child"));
        fixture.advance(Duration.ofSeconds(1));
        fixture.transport.readyAll();

        assertThat(fixture.dispatcher.pools().snapshot().busy()).isEqualTo(2);
        fixture.transport.last().reply();
        assertThat(child.result().ok()).isTrue();
        fixture.worker(1).reply();
        assertThat(parent.result().ok()).isTrue();
        assertThat(fixture.dispatcher.pools().snapshot().ending())
                .as("the borrowed one")
                .isEqualTo(1);
    }

    @Test
    void otherTasksGetNoMoreWorkersThanThereMayBe() {
        fixture.submit("running");
        Answer waiting = fixture.submit(childOf("nobody that is known", "waiting"));
        fixture.advance(Duration.ofSeconds(1));
        fixture.transport.readyAll();

        assertThat(fixture.dispatcher.pools().snapshot().busy()).isEqualTo(1);
        assertThat(waiting.isThere()).isFalse();
    }

    @Test
    void childrenAreCancelledWithTheirParent() {
        fixture.submit("parent");
        Answer child = fixture.submit(childOf("parent", "child"));
        Answer grandchild = fixture.submit(childOf("child", "grandchild"));
        Answer other = fixture.submit("other");

        fixture.worker(1).reply();

        assertThat(child.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(child.failure().message())
                .endsWith(", as the task that had submitted it has ended");
        assertThat(grandchild.failure().kind()).isEqualTo(FailureKind.CANCELLED);
        assertThat(other.isThere()).isFalse();
    }

    @Test
    void thereIsALimitToThoseThatWait() {
        fixture.submit("0");
        List<Answer> answers =
                IntStream.rangeClosed(1, 16)
                        .mapToObj(i -> fixture.submit(childOf(String.valueOf(i - 1), "" + i)))
                        .toList();
        Answer tooDeep = fixture.submit(childOf("16", "17"));

        assertThat(answers).noneMatch(Answer::isThere);
        assertThat(tooDeep.failure().kind()).isEqualTo(FailureKind.WOULD_DEADLOCK);
        assertThat(tooDeep.failure().message()).startsWith("16 tasks wait for tasks of their own");
        assertThat(fixture.submit(childOf("3", "one more of a parent")).isThere()).isFalse();
    }

    private static Task childOf(String parent, String id) {
        Task task = DispatchFixture.task(id, 1, null);
        Terms terms = new Terms(Isolation.NONE, Priority.NORMAL, null, false, new TaskId(parent));
        return new Task(task.id(), task.frame(), 1, null, false, terms);
    }
}
