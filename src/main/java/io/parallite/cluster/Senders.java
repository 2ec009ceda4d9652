package io.parallite.cluster;

import io.parallite.cluster.store.LinkDownException;
import io.parallite.cluster.store.MessageStore;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Sends messages of this node's clients to tasks that other nodes run. Owned by the engine's
 * thread.
 */
final class Senders {

    private final MessageStore store;
    private final Waiters waiters;
    private final int maxFrame;
    private final BooleanSupplier isUp;
    private final Map<TaskId, Sender> all = new HashMap<>();
    private long numbers;

    /**
     * @param maxFrame bytes of the longest message
     * @param isUp whether Redis is there
     */
    Senders(MessageStore store, Waiters waiters, int maxFrame, BooleanSupplier isUp) {
        this.store = store;
        this.waiters = waiters;
        this.maxFrame = maxFrame;
        this.isUp = isUp;
    }

    /**
     * Sends a message to a task; completes when its worker has it. Fails with a {@link
     * TaskException} of kind {@code NOT_FOUND} when the task ends before, {@code
     * CLUSTER_UNAVAILABLE} when Redis is away, {@code PAYLOAD_TOO_LARGE}. A message that is in
     * transit when the connection is lost is sent again after the reconnect, and arrives once.
     */
    Uni<Void> send(TaskId id, byte[] frame) {
        if (frame.length > maxFrame) {
            return Uni.createFrom()
                    .failure(
                            new TaskException(
                                    FailureKind.PAYLOAD_TOO_LARGE,
                                    "the message of %d bytes exceeds cluster_max_payload_bytes=%d; send less, or raise it on all nodes"
                                            .formatted(frame.length, maxFrame)));
        }
        if (!isUp.getAsBoolean()) {
            return Uni.createFrom()
                    .failure(new LinkDownException("this node is not connected to it"));
        }
        return Uni.createFrom().emitter(emitter -> sender(id).add(++numbers, frame, emitter));
    }

    private Sender sender(TaskId id) {
        Sender known = all.get(id);
        if (known != null) {
            return known;
        }
        Sender sender = new Sender(id, batch -> store.send(id, batch), () -> all.remove(id));
        all.put(id, sender);
        sender.waitForEnd(waiters.await(id));
        return sender;
    }

    /** The worker of a task has received messages, or accepts none. */
    void onSent(TaskId id) {
        Sender sender = all.get(id);
        if (sender != null) {
            sender.look();
        }
    }

    /** Looks for lost notifications, and sends pending messages. */
    void lookAtAll() {
        List.copyOf(all.values()).forEach(Sender::look);
    }

    /** The task no longer belongs to the cluster: its senders get no further answer. */
    void forget(TaskId id) {
        Sender sender = all.remove(id);
        if (sender != null) {
            sender.forget();
        }
    }
}
