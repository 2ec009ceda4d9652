package io.parallite.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.cluster.store.MessageStore;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Messages to a task on another node, with answers of Redis that come when the test says so. */
class SenderTest {

    private static final String DELIVERED = "delivered";

    private final ArrayDeque<UniEmitter<? super MessageStore.Sent>> asked = new ArrayDeque<>();
    private final List<String> answers = new ArrayList<>();
    private final Sender sender =
            new Sender(
                    new TaskId("a"),
                    batch -> Uni.createFrom().emitter(emitter -> asked.add(emitter)),
                    () -> answers.add("over"));
    private @Nullable UniEmitter<? super TaskResult> end;

    private void send(long number) {
        byte[] frame = Long.toString(number).getBytes(StandardCharsets.UTF_8);
        Uni.createFrom()
                .<Void>emitter(emitter -> sender.add(number, frame, emitter))
                .subscribe()
                .with(
                        done -> answers.add(DELIVERED),
                        failure -> answers.add(((TaskException) failure).kind().name()));
    }

    private void answer(boolean inFlight, long taken) {
        asked.remove().complete(new MessageStore.Sent(inFlight, taken, ""));
    }

    private void waitForEnd() {
        sender.waitForEnd(Uni.createFrom().emitter(emitter -> end = emitter));
    }

    private void end() {
        end.complete(new TaskResult.Replied(new byte[0], true));
    }

    @Test
    void areDeliveredWhenRedisSaysSo() {
        waitForEnd();
        send(1);
        answer(true, 0);
        assertThat(answers).isEmpty();

        sender.look();
        answer(true, 1);

        assertThat(answers).containsExactly(DELIVERED);
    }

    @Test
    void areDeliveredThoughTheTaskEndsWhileRedisIsAsked() {
        waitForEnd();
        send(1);
        answer(true, 0);
        sender.look();

        end();
        answer(true, 0); // what was so before the end
        assertThat(answers).isEmpty();
        answer(false, 1);

        assertThat(answers).containsExactly("over", DELIVERED);
        assertThat(asked).isEmpty();
    }

    @Test
    void areRefusedWhenTheTaskHasEndedWithoutThem() {
        waitForEnd();
        send(1);
        answer(true, 0);

        end();
        answer(false, 0);

        assertThat(answers).containsExactly("over", "NOT_FOUND");
    }

    /** Its identifier is in use again, by a task that is none of this sender's. */
    @Test
    void areRefusedWhenAnotherTaskHasTheIdentifierAfterTheEnd() {
        waitForEnd();
        send(1);
        answer(true, 0);

        end();
        answer(true, 0);

        assertThat(answers).containsExactly("over", "NOT_FOUND");
    }
}
