package io.parallite.cluster;

import io.parallite.cluster.store.Lease;
import io.parallite.cluster.store.Message;
import io.parallite.cluster.store.MessageStore;
import io.parallite.cluster.store.Signer;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import java.util.ArrayDeque;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages to one task from Redis and passes them to its worker, in order.
 *
 * <p>A message stays in Redis until the worker has received it, so it is not lost with this node.
 * Each request to Redis carries the number of delivered messages, so none is delivered twice. Owned
 * by the engine's thread.
 */
final class Delivery {

    private static final Logger LOG = Logger.getLogger(Delivery.class);

    private final Lease lease;
    private final LocalTasks local;
    private final MessageStore store;
    private final Signer signer;
    private final Runnable onOver;
    private final ArrayDeque<Handed> handed = new ArrayDeque<>();
    private long delivered = -1;
    private long acknowledged = -1;
    private long next;
    private String refusal = "";
    private boolean taking;
    private boolean again;
    private boolean over;
    private @Nullable Runnable onAcknowledged;

    /**
     * @param onOver called when this object will deliver no further message
     */
    Delivery(Lease lease, LocalTasks local, MessageStore store, Signer signer, Runnable onOver) {
        this.onOver = onOver;
        this.lease = lease;
        this.local = local;
        this.store = store;
        this.signer = signer;
    }

    /** A message on its way to the worker. */
    private static final class Handed {
        private boolean isDone;
    }

    /** Reads the next messages, and acknowledges the delivered ones. */
    void look() {
        again = taking;
        if (taking || over) {
            return;
        }
        taking = true;
        long sent = delivered;
        store.take(lease, sent, refusal)
                .subscribe()
                .with(taken -> onTaken(sent, taken), failure -> taking = false);
    }

    private void onTaken(long sent, Optional<MessageStore.Taken> taken) {
        taking = false;
        if (over) {
            return;
        }
        if (taken.isEmpty()) {
            close(); // the lease is lost
            return;
        }
        acknowledged = sent;
        if (onAcknowledged == null) {
            deliver(taken.get());
        }
        if (again) {
            look();
        }
        endIfAcknowledged();
    }

    private void deliver(MessageStore.Taken taken) {
        long index = taken.before();
        if (delivered < 0) {
            delivered = index;
            acknowledged = index;
            next = index;
        }
        for (byte[] message : taken.messages()) {
            if (index++ == next) {
                next++;
                handOver(message);
            }
        }
    }

    private void handOver(byte[] message) {
        Handed one = new Handed();
        handed.add(one);
        byte[] frame = Message.read(lease.id(), message, signer);
        if (frame == null) {
            LOG.errorf("a message with a wrong signature is dropped task=%s", lease.id());
            onDone(one);
            return;
        }
        local.deliver(lease.id(), frame)
                .subscribe()
                .with(done -> onDone(one), failure -> onRefused(failure));
    }

    private void onDone(Handed one) {
        one.isDone = true;
        while (!handed.isEmpty() && handed.getFirst().isDone) {
            handed.remove();
            delivered++;
        }
        look();
    }

    /** Senders to a task that has ended are answered when they learn of its end. */
    private void onRefused(Throwable failure) {
        boolean isOfTheWorker =
                failure instanceof TaskException known
                        && known.kind() == FailureKind.INVALID_REQUEST;
        if (isOfTheWorker && refusal.isEmpty()) {
            refusal = ((TaskException) failure).explanation();
            look();
        }
    }

    /**
     * The task has ended: runs {@code action} once Redis has the number of messages that its worker
     * has received.
     */
    void end(Runnable action) {
        onAcknowledged = action;
        endIfAcknowledged();
    }

    private void endIfAcknowledged() {
        if (onAcknowledged != null && acknowledged == delivered && !taking) {
            close();
        } else if (onAcknowledged != null && !taking) {
            look();
        }
    }

    /** Stops delivering. */
    void close() {
        if (over) {
            return;
        }
        over = true;
        onOver.run();
        Runnable action = onAcknowledged;
        if (action != null) {
            action.run();
        }
    }
}
