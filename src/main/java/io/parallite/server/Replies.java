package io.parallite.server;

import io.parallite.engine.Guard;
import io.parallite.pool.Lane;
import io.parallite.server.ClientBudget.Account;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.wire.Encoding;
import io.parallite.wire.FrameWriter;
import io.parallite.wire.ReadBudget.Room;
import io.parallite.wire.Reply;
import java.util.ArrayDeque;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The replies to one client, under back-pressure: while the client is behind, its lane of the queue
 * is held. Frames are sent in order, also behind a frame that is being translated into the client's
 * encoding. Owned by the engine's thread.
 */
final class Replies {

    private final Traffic traffic;
    private final Translator translator;
    private final FrameWriter.Line line;
    private final FrameWriter writer;
    private final Lane lane;
    private final Account account;
    private final Runnable onChange;
    private final ArrayDeque<Outgoing> behindTranslation = new ArrayDeque<>(0);
    private long bytesBehind;
    private int unanswered;
    private boolean closed;

    /** A frame that waits for its translation, or behind one that does. */
    private static final class Outgoing {
        private final int times;
        private byte @Nullable [] frame;
        private @Nullable Room room;

        Outgoing(int times, byte @Nullable [] frame) {
            this.times = times;
            this.frame = frame;
        }
    }

    /**
     * Replies that go out on {@code line}.
     *
     * @param lane held while the client is behind
     * @param account notes what the client has not read
     * @param traffic counts what was sent
     * @param onChange called when the client may have fallen behind, caught up, or got everything
     */
    Replies(
            FrameWriter.Line line,
            Lane lane,
            Account account,
            Traffic traffic,
            Translator translator,
            Runnable onChange) {
        this.traffic = traffic;
        this.translator = translator;
        this.line = line;
        this.writer = new FrameWriter(line, this::onDrained);
        this.lane = lane;
        this.account = account;
        this.onChange = onChange;
    }

    /** One more request is to be answered. */
    void expect() {
        unanswered++;
    }

    /** How many requests are to be answered. */
    int unanswered() {
        return unanswered;
    }

    /** Answers a request with a task's result. */
    void answer(Encoding encoding, TaskId id, TaskResult result) {
        answer(encoding, id, result, 1);
    }

    /** Answers so many requests with a task's result. */
    void answer(Encoding encoding, TaskId id, TaskResult result, int times) {
        unanswered -= times;
        switch (result) {
            case TaskResult.Replied(byte[] frame, boolean ignored) ->
                    sendTranslated(
                            encoding,
                            frame,
                            times,
                            (kind, message) -> Reply.failure(id.value(), kind, message));
            case TaskResult.Failed(FailureKind kind, String message) ->
                    send(encoding.encode(Reply.failure(id.value(), kind, message)), times);
        }
    }

    /** Answers a request with a reply of the daemon. */
    void answer(Encoding encoding, Reply reply) {
        answer(encoding.encode(reply));
    }

    /** Answers a request with a frame. */
    void answer(byte[] frame) {
        unanswered--;
        send(frame);
    }

    /** Sends a frame that answers no request. */
    void send(byte[] frame) {
        send(frame, 1);
    }

    /**
     * Sends a worker's frame in {@code encoding}; see {@link Translator}.
     *
     * @param otherwise what to send when it cannot be translated
     */
    void sendTranslated(
            Encoding encoding,
            byte[] frame,
            int times,
            BiFunction<FailureKind, String, Reply> otherwise) {
        if (closed || Encoding.of(frame) == encoding) {
            send(frame, times);
        } else if (frame.length <= Translator.LONG) {
            send(translator.translate(encoding, frame, otherwise), times);
        } else {
            translateElsewhere(encoding, frame, times, otherwise);
        }
    }

    private void translateElsewhere(
            Encoding encoding,
            byte[] frame,
            int times,
            BiFunction<FailureKind, String, Reply> otherwise) {
        Outgoing outgoing = new Outgoing(times, null);
        behindTranslation.add(outgoing);
        outgoing.room =
                translator.translateElsewhere(
                        encoding, frame, otherwise, done -> onTranslated(outgoing, done));
        onSent();
    }

    private void onTranslated(Outgoing outgoing, byte @Nullable [] frame) {
        if (outgoing.room != null) {
            outgoing.room.release();
        }
        if (frame == null) { // not even the failure could be encoded
            close();
            line.close();
            return;
        }
        outgoing.frame = frame;
        bytesBehind += frame.length;
        for (Outgoing next = behindTranslation.peek();
                next != null && next.frame != null;
                next = behindTranslation.peek()) {
            behindTranslation.remove();
            bytesBehind -= next.frame.length;
            write(next.frame, next.times);
        }
        if (!closed) {
            onSent();
        }
    }

    private void send(byte[] frame, int times) {
        if (closed) {
            return;
        }
        if (behindTranslation.isEmpty()) {
            write(frame, times);
        } else {
            behindTranslation.add(new Outgoing(times, frame));
            bytesBehind += frame.length;
        }
        onSent();
    }

    private void write(byte[] frame, int times) {
        if (closed) {
            return;
        }
        traffic.sent(frame, times);
        try {
            if (times == 1) {
                writer.write(frame, unanswered > 0);
            } else {
                writer.repeat(frame, times);
            }
        } catch (Throwable e) { // no memory for the network's copy: the stream has a gap now
            Guard.log("writing to a client", e);
            close();
            line.close();
        }
    }

    private void onSent() {
        if (isBehind()) {
            lane.hold();
        }
        count();
        onChange.run();
    }

    private void onDrained() {
        if (behindTranslation.isEmpty()) {
            lane.release();
        }
        count();
        onChange.run();
    }

    private void count() {
        account.setUnread(closed ? 0 : writer.pinned() + bytesBehind);
    }

    /** Whether the client does not read as fast as it is written to. */
    boolean isBehind() {
        return !closed && (writer.isFull() || !behindTranslation.isEmpty());
    }

    /**
     * How many bytes have been sent, which distinguishes a client that reads from one that does
     * not.
     */
    long progress() {
        return writer.progress();
    }

    /** Whether all requests are answered, and all answers are handed to the network. */
    boolean areAllOut() {
        return unanswered == 0 && writer.isEmpty() && behindTranslation.isEmpty();
    }

    /** Drops unsent frames, and sends no more. */
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        writer.close();
        for (Outgoing outgoing : behindTranslation) {
            if (outgoing.room != null) {
                outgoing.room.release();
            }
        }
        behindTranslation.clear();
        bytesBehind = 0;
        count();
        lane.release();
    }
}
