package io.parallite.cluster;

import io.parallite.cluster.store.Lease;
import io.parallite.cluster.store.MessageStore;
import io.parallite.cluster.store.Signer;
import io.parallite.task.TaskId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Delivers messages to the tasks of the cluster that run on this node. Owned by the engine's
 * thread.
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

    /** A node has sent messages to a task that runs here. */
    void onMail(Lease lease) {
        all.computeIfAbsent(lease.id(), id -> delivery(lease)).look();
    }

    private Delivery delivery(Lease lease) {
        return new Delivery(lease, local, store, signer, () -> all.remove(lease.id()));
    }

    /** Looks for messages whose notification was lost. */
    void lookAtAll() {
        List.copyOf(all.values()).forEach(Delivery::look);
    }

    /**
     * Runs {@code action} once Redis has the number of messages that the worker of an ended task
     * has received.
     */
    void whenAcknowledged(TaskId id, Runnable action) {
        Delivery delivery = all.get(id);
        if (delivery == null) {
            action.run();
        } else {
            delivery.end(action);
        }
    }

    /** The task no longer belongs to this node. */
    void close(TaskId id) {
        Delivery delivery = all.get(id);
        if (delivery != null) {
            delivery.close();
        }
    }
}
