package io.parallite.server;

import io.parallite.pool.Lane;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.wire.Encoding;
import io.parallite.wire.FrameSocket;
import io.parallite.wire.FrameWriter;
import io.parallite.wire.Reply;
import io.parallite.wire.RequestException;

/**
 * What goes out to one client, under back-pressure: while it is behind, its lane of the queue is
 * held. Owned by the engine's thread.
 */
final class Replies {

    private final FrameWriter writer;
    private final Lane lane;
    private final Traffic traffic;
    private final Runnable onChange;
    private int unanswered;
    private boolean closed;

    /** Calls {@code onChange} when the client may have fallen behind, caught up, or got all. */
    Replies(FrameSocket frames, Lane lane, Traffic traffic, Runnable onChange) {
        this.writer = new FrameWriter(frames, this::onDrained);
        this.lane = lane;
        this.traffic = traffic;
        this.onChange = onChange;
    }

    /** One more request is to be answered. */
    void expect() {
        unanswered++;
    }

    /** Answers a request with a task's result. */
    void answer(Encoding encoding, TaskId id, TaskResult result) {
        switch (result) {
            case TaskResult.Replied(byte[] frame, boolean ignored) -> {
                unanswered--;
                send(inEncoding(encoding, id, frame));
            }
            case TaskResult.Failed(FailureKind kind, String message) ->
                    answer(encoding, Reply.failure(id.value(), kind, message));
        }
    }

    private static byte[] inEncoding(Encoding encoding, TaskId id, byte[] frame) {
        try {
            return encoding.encode(frame);
        } catch (RequestException e) {
            return encoding.encode(Reply.failure(id.value(), e.kind(), e.explanation()));
        }
    }

    /** Answers a request with the daemon's own words. */
    void answer(Encoding encoding, Reply reply) {
        unanswered--;
        send(encoding.encode(reply));
    }

    /** Sends a frame that answers no request. */
    void send(byte[] frame) {
        if (closed) {
            return;
        }
        traffic.sent(frame);
        writer.write(frame, unanswered > 0);
        if (writer.isFull()) {
            lane.hold();
        }
        onChange.run();
    }

    private void onDrained() {
        lane.release();
        onChange.run();
    }

    /** Whether the client does not read as fast as it is written to. */
    boolean isBehind() {
        return writer.isFull();
    }

    /** Whether all that was asked is answered and handed to the network. */
    boolean areAllOut() {
        return unanswered == 0 && writer.isEmpty();
    }

    /** Drops what has not been sent; nothing more will be. */
    void close() {
        closed = true;
        writer.close();
        lane.release();
    }
}
