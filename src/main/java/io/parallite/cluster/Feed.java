package io.parallite.cluster;

import io.parallite.cluster.store.Event;
import io.parallite.cluster.store.EventStore;
import io.parallite.cluster.store.Lease;
import io.parallite.task.EventSource;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskStatus;
import io.parallite.task.TaskWatcher;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the events of a task that runs here to the nodes that follow it.
 *
 * <p>Events are buffered here until they are stored in Redis. While too many are buffered here or
 * unread there, the worker is not read. Of buffered progress events only the last is kept. Owned by
 * the engine's thread.
 */
final class Feed implements TaskWatcher {

    private final Lease lease;
    private final EventStore store;
    private final int maxFrame;
    private final Runnable onOver;
    private final ArrayDeque<Event> waiting = new ArrayDeque<>();
    private @Nullable EventSource source;
    private long first;
    private long bytes;
    private int attempted;
    private int unread;
    private long unreadBytes;
    private boolean sending;
    private boolean wantsOutput;
    private boolean over;
    private @Nullable Runnable onTold;

    /**
     * @param first the number of its first event
     * @param maxFrame bytes of the longest event that is published
     * @param onOver called when the last follower has left, or the lease is lost
     */
    Feed(Lease lease, long first, EventStore store, int maxFrame, Runnable onOver) {
        this.lease = lease;
        this.first = first;
        this.store = store;
        this.maxFrame = maxFrame;
        this.onOver = onOver;
    }

    /** The number of its next event. */
    long nextNumber() {
        return first + waiting.size();
    }

    /** Sets the source of the events. */
    void from(@Nullable EventSource events) {
        source = events;
    }

    /** Gets no events until {@link #from}. */
    void stopListening() {
        EventSource from = source;
        source = null;
        if (from != null) {
            from.remove(this);
        }
    }

    /** The task has been claimed by this node. */
    void tellStart() {
        add(new Event(Event.STARTED, new byte[0]));
    }

    @Override
    public void onStarted(TaskStatus status) {} // it runs since it was claimed, others see

    @Override
    public void onEvent(String name, byte[] frame) {
        if (frame.length <= maxFrame) {
            add(new Event(name, frame));
        } else {
            String message =
                    "an event of %d bytes exceeds cluster_max_payload_bytes=%d; emit less, or raise it on all nodes"
                            .formatted(frame.length, maxFrame);
            Reply lost = Reply.lostEvent(lease.id(), name, FailureKind.RESULT_TOO_LARGE, message);
            add(new Event(name, Encoding.of(frame).encode(lost)));
        }
    }

    private void add(Event event) {
        if (over) {
            return;
        }
        if (event.name().equals("progress") && replacesLast()) {
            bytes -= waiting.removeLast().frame().length;
        }
        waiting.add(event);
        bytes += event.frame().length;
        send();
    }

    /** Events that Redis may have stored already are not changed. */
    private boolean replacesLast() {
        return waiting.size() > attempted && waiting.getLast().name().equals("progress");
    }

    /** A follower wants the output of the task, too, from its beginning. */
    void wantOutput() {
        wantsOutput = true;
    }

    @Override
    public boolean wantsOutput() {
        return wantsOutput;
    }

    @Override
    public boolean isBehind() {
        return !over
                && (waiting.size() + unread >= EventStore.WINDOW
                        || bytes + unreadBytes >= EventStore.WINDOW_BYTES);
    }

    /** Followers may have read events, or the connection may be open again. */
    void look() {
        if (isBehind() || !waiting.isEmpty()) {
            publish();
        }
    }

    private void send() {
        if (!waiting.isEmpty()) {
            publish();
        }
    }

    private void publish() {
        if (sending || over) {
            return;
        }
        sending = true;
        List<Event> batch = batch();
        attempted = batch.size();
        store.publish(lease, first, batch)
                .subscribe()
                .with(unreadNow -> onTold(batch, unreadNow), failure -> sending = false);
    }

    /** Repeats an attempt with the same events: Redis may have stored them. */
    private List<Event> batch() {
        List<Event> batch = new ArrayList<>();
        long size = 0;
        for (Iterator<Event> each = waiting.iterator();
                each.hasNext() && (batch.size() < attempted || size < EventStore.WINDOW_BYTES); ) {
            Event event = each.next();
            batch.add(event);
            size += event.frame().length;
        }
        return batch;
    }

    private void onTold(List<Event> batch, Optional<EventStore.Unread> now) {
        sending = false;
        if (over) {
            return;
        }
        for (Event stored : batch) {
            waiting.remove();
            bytes -= stored.frame().length;
        }
        first += batch.size();
        attempted = 0;
        if (now.isEmpty() || now.get().followers() == 0) {
            close();
            return;
        }
        unread = now.get().entries();
        unreadBytes = now.get().bytes();
        resume();
        send();
        endIfTold();
    }

    private void resume() {
        EventSource from = source;
        if (from != null) {
            from.holdOrRelease();
        }
    }

    /** The task has ended: runs {@code action} when all its events are stored. */
    void end(Runnable action) {
        source = null;
        onTold = action;
        endIfTold();
    }

    private void endIfTold() {
        if (onTold != null && waiting.isEmpty() && !sending) {
            close();
        }
    }

    /** Publishes nothing more. */
    void close() {
        if (over) {
            return;
        }
        over = true;
        onOver.run();
        waiting.clear();
        stopListening();
        Runnable action = onTold;
        if (action != null) {
            action.run();
        }
    }
}
