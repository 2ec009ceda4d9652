package io.parallite.cluster;

import io.parallite.task.TaskId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tasks that run here for the cluster and have got messages from some node. Owned by the
 * engine's thread.
 */
final class Deliveries {

    private final LocalTasks local;
    private final MessageStore store;
    private final Signer signer;
    private final Map<TaskId, Delivery> all = new HashMap<>();

    Deliveries(LocalTasks local, MessageStore store, Signer signer) {
        this.local = local;
        this.store = store;
        this.signer = signer;
    }

    /** There are messages to a task that runs here. */
    void onMail(Lease lease) {
        all.computeIfAbsent(lease.id(), id -> delivery(lease)).look();
    }

    private Delivery delivery(Lease lease) {
        return new Delivery(lease, local, store, signer, () -> all.remove(lease.id()));
    }

    /** Looks for messages of which word was lost. */
    void lookAtAll() {
        List.copyOf(all.values()).forEach(Delivery::look);
    }

    /** Runs {@code action} once it is known what the worker of a task has got, which has ended. */
    void whenAcknowledged(TaskId id, Runnable action) {
        Delivery delivery = all.get(id);
        if (delivery == null) {
            action.run();
        } else {
            delivery.end(action);
        }
    }

    /** The task is not this node's any longer. */
    void close(TaskId id) {
        Delivery delivery = all.get(id);
        if (delivery != null) {
            delivery.close();
        }
    }
}
