package io.parallite.cluster;

import io.parallite.cluster.store.MessageStore;
import io.parallite.engine.Guard;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends the messages of this node to one task, in order.
 *
 * <p>Up to {@link MessageStore#WINDOW} messages and the matching bytes, at least one message, are
 * in Redis; the others wait here. Owned by the engine's thread.
 */
final class Sender {

    /** A message and the emitter to complete when it is delivered. */
    private record Entry(MessageStore.Numbered message, UniEmitter<? super Void> emitter) {}

    private final TaskId id;
    private final Function<List<MessageStore.Numbered>, Uni<MessageStore.Sent>> store;
    private final Runnable onOver;
    private final ArrayDeque<Entry> all = new ArrayDeque<>();
    private long stored;
    private boolean sending;
    private boolean again;
    private boolean ended;
    private boolean over;
    private @Nullable Cancellable waiting;

    /**
     * @param store stores messages in Redis and gives the state of earlier ones
     * @param onOver called when no message is pending
     */
    Sender(
            TaskId id,
            Function<List<MessageStore.Numbered>, Uni<MessageStore.Sent>> store,
            Runnable onOver) {
        this.id = id;
        this.store = store;
        this.onOver = onOver;
    }

    void add(long number, byte[] frame, UniEmitter<? super Void> emitter) {
        all.add(new Entry(new MessageStore.Numbered(number, frame), emitter));
        look();
    }

    void waitForEnd(Uni<TaskResult> end) {
        waiting =
                end.subscribe()
                        .with(
                                result -> {
                                    ended = true;
                                    look();
                                });
    }

    /** Sends the messages that fit, and reads the state of those sent before. */
    void look() {
        again = sending;
        if (sending || over) {
            return;
        }
        List<MessageStore.Numbered> batch = batch();
        sending = true;
        boolean isFinal = ended;
        store.apply(batch)
                .subscribe()
                .with(sent -> onSent(batch, sent, isFinal), failure -> sending = false);
    }

    private List<MessageStore.Numbered> batch() {
        List<MessageStore.Numbered> batch = new ArrayList<>();
        int count = 0;
        long bytes = 0;
        for (Entry entry : all) {
            count++;
            bytes += entry.message.frame().length;
            if (count > MessageStore.WINDOW || (count > 1 && bytes > MessageStore.WINDOW_BYTES)) {
                break;
            }
            if (entry.message.number() > stored) {
                batch.add(entry.message);
            }
        }
        return batch;
    }

    /**
     * @param isFinal whether the task had ended when Redis was asked: an answer from before may
     *     lack messages that were delivered since
     */
    private void onSent(
            List<MessageStore.Numbered> batch, MessageStore.Sent sent, boolean isFinal) {
        sending = false;
        if (over) {
            return;
        }
        boolean isAskedAgain = again;
        if (sent.inFlight() && !batch.isEmpty()) {
            stored = batch.getLast().number();
        }
        List<Entry> taken = new ArrayList<>();
        while (!all.isEmpty() && all.getFirst().message.number() <= sent.taken()) {
            taken.add(all.remove());
        }
        List<Entry> refused = List.of();
        boolean isOver = isFinal || !sent.inFlight();
        TaskException why = refusal(sent, isOver);
        if (why != null) {
            refused = List.copyOf(all);
            all.clear();
        }
        if (all.isEmpty() && isOver) {
            finish();
        } else if (isAskedAgain || (!taken.isEmpty() && !batch().isEmpty())) {
            look();
        }
        taken.forEach(entry -> Guard.run("answering a sender", () -> entry.emitter.complete(null)));
        refused.forEach(entry -> Guard.run("answering a sender", () -> entry.emitter.fail(why)));
    }

    private @Nullable TaskException refusal(MessageStore.Sent sent, boolean isOver) {
        if (!sent.refusal().isEmpty()) {
            return new TaskException(FailureKind.INVALID_REQUEST, sent.refusal());
        }
        return isOver
                ? new TaskException(
                        FailureKind.NOT_FOUND,
                        "task \"%s\" has ended, or is not in flight here or in the cluster, and takes no messages"
                                .formatted(id))
                : null;
    }

    private void finish() {
        forget();
        onOver.run();
    }

    /** Answers no further sender. */
    void forget() {
        over = true;
        if (waiting != null) {
            waiting.cancel();
        }
    }
}
