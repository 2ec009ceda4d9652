package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Messages to a task that another node may run. */
final class MessagesElsewhereTest {

    private final Messages messages = new Messages("a");
    private final List<Integer> answered = new ArrayList<>();
    private final List<Integer> refused = new ArrayList<>();
    private int released;

    private void send(int value) {
        messages.send(new byte[] {(byte) value}, () -> released++)
                .subscribe()
                .with(done -> answered.add(value), failure -> refused.add(value));
    }

    @Test
    void waitForTheNextWhoRunsTheTaskWhenNobodyHasGotThem() {
        List<Integer> first = new ArrayList<>();
        messages.beginElsewhere(
                frame -> {
                    first.add((int) frame[0]);
                    return Uni.createFrom().nothing();
                });
        send(1);
        send(2);

        messages.suspend();
        send(3);

        assertThat(first).containsExactly(1, 2);
        assertThat(answered).isEmpty();
        List<Integer> second = new ArrayList<>();
        messages.beginElsewhere(
                frame -> {
                    second.add((int) frame[0]);
                    return Uni.createFrom().voidItem();
                });
        assertThat(second).containsExactly(1, 2, 3);
        assertThat(answered).containsExactly(1, 2, 3);
        assertThat(released).isEqualTo(3);
    }

    @Test
    void areRefusedOneByOneWhereTheyCannotGo() {
        messages.beginElsewhere(
                frame ->
                        frame[0] == 1
                                ? Uni.createFrom()
                                        .failure(new TaskException(FailureKind.NOT_FOUND, "gone"))
                                : Uni.createFrom().voidItem());

        send(1);
        send(2);

        assertThat(refused).containsExactly(1);
        assertThat(answered).containsExactly(2);
        assertThat(released).isEqualTo(2);
    }

    @Test
    void areNoMoreThanAWindowOnTheWay() {
        List<Integer> sent = new ArrayList<>();
        messages.beginElsewhere(
                frame -> {
                    sent.add((int) frame[0]);
                    return Uni.createFrom().nothing();
                });

        for (int i = 0; i < 2 * Messages.WINDOW; i++) {
            send(i);
        }

        assertThat(sent).hasSize(Messages.WINDOW);
    }

    @Test
    void areAnsweredByTheOtherNodeWhenTheyWereOnTheWayAtTheEndOfTheTask() {
        List<UniEmitter<? super Void>> sent = new ArrayList<>();
        messages.beginElsewhere(frame -> Uni.createFrom().emitter(emitter -> sent.add(emitter)));
        for (int i = 0; i <= Messages.WINDOW; i++) {
            send(i);
        }

        messages.end();
        assertThat(refused).containsExactly(Messages.WINDOW);
        assertThat(answered).isEmpty();
        sent.removeLast().fail(new TaskException(FailureKind.NOT_FOUND, "it has ended"));
        sent.forEach(emitter -> emitter.complete(null));
        send(100);

        assertThat(refused).containsExactly(Messages.WINDOW, Messages.WINDOW - 1, 100);
        assertThat(answered).hasSize(Messages.WINDOW - 1);
        assertThat(released).isEqualTo(Messages.WINDOW + 2);
    }
}
