package io.parallite.server;

import io.netty.buffer.ByteBuf;
import io.parallite.pool.Lane;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.wire.Encoding;
import io.parallite.wire.FrameReader;
import io.parallite.wire.FrameSocket;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import io.parallite.wire.RequestException;
import io.vertx.core.net.NetSocket;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection: frames in, replies out as tasks finish, paired by {@code task_id}.
 *
 * <p>A client that does not read its replies is neither read from nor served from the queue until
 * it does; a large frame is read only when there is room for it. When the client goes away its
 * tasks go on, and their results are retained for whoever asks. Owned by the engine's thread.
 */
final class ClientSession implements FrameReader.Sink {

    private static final Logger LOG = Logger.getLogger(ClientSession.class);

    /** Frames up to this size are read without a reservation. */
    private static final int SMALL = 64 * 1024;

    private final NetSocket socket;
    private final Services services;
    private final FrameSocket frames;
    private final FrameReader reader;
    private final Replies replies;
    private final RequestHandler handler;
    private long reading;
    private boolean paused;
    private boolean behind;
    private boolean ending;
    private boolean closed;

    ClientSession(NetSocket socket, Services services) {
        this.socket = socket;
        this.services = services;
        this.reader = new FrameReader(services.settings().maxBody(), this);
        this.frames = new FrameSocket(socket, this::onBytes);
        Lane lane = services.dispatcher().newLane();
        this.replies = new Replies(frames, lane, services.traffic(), this::onRepliesChanged);
        this.handler = new RequestHandler(services, lane, replies);
        socket.exceptionHandler(e -> LOG.debugf("client connection: %s", e.getMessage()));
    }

    private void onBytes(ByteBuf bytes) {
        reader.feed(bytes);
        pauseOrResume();
    }

    @Override
    public boolean admits(int length) {
        if (length <= SMALL) {
            return true;
        }
        if (services.budget().reserve(length, () -> onRoom(length))) {
            reading = length;
            return true;
        }
        return false;
    }

    private void onRoom(int length) {
        if (closed) {
            services.budget().release(length);
            return;
        }
        reading = length;
        reader.resume();
        pauseOrResume();
    }

    @Override
    public boolean onOversize(long length, byte[] seen) {
        Encoding encoding = encodingOf(seen);
        String message =
                "frame of %d bytes exceeds max_payload_bytes=%d; raise it in parallite.json or send less"
                        .formatted(length, services.settings().maxBody());
        Reply refusal = Reply.failure(taskIdIn(seen), FailureKind.PAYLOAD_TOO_LARGE, message);
        replies.send(encoding.encode(refusal));
        return true;
    }

    @Override
    public void onFrame(byte[] frame) {
        services.traffic().received(frame);
        long reserved = reading;
        reading = 0;
        replies.expect();
        boolean kept = false;
        Encoding encoding = encodingOf(frame);
        try {
            Request request = Encoding.of(frame).decode(frame);
            kept = handler.handle(encoding, request, reserved);
        } catch (RequestException e) {
            replies.answer(encoding, Reply.failure(e.taskId(), e.kind(), e.explanation()));
        } catch (TaskException e) {
            replies.answer(encoding, Reply.failure(null, e.kind(), e.explanation()));
        } catch (RuntimeException e) {
            LOG.error("a request met a defect", e);
            String message = "the daemon met a defect with this request; its log has the details";
            replies.answer(encoding, Reply.failure(null, FailureKind.INTERNAL, message));
        }
        if (!kept && reserved > 0) {
            services.budget().release(reserved);
        }
    }

    private void onRepliesChanged() {
        pauseOrResume();
        boolean wasBehind = behind;
        behind = replies.isBehind();
        if (wasBehind && !behind) {
            handler.onCaughtUp();
        }
        endIfDone();
    }

    private void pauseOrResume() {
        boolean shouldPause = reader.isHeld() || replies.isBehind();
        if (shouldPause && !paused) {
            frames.pause();
        } else if (!shouldPause && paused) {
            frames.resume();
        }
        paused = shouldPause;
    }

    /** Closes the connection once all that was asked is answered. */
    void end() {
        ending = true;
        endIfDone();
    }

    private void endIfDone() {
        if (ending && !closed && replies.areAllOut()) {
            socket.end();
        }
    }

    /** The connection is gone: frees what it held, lets its tasks go on. */
    void onClosed() {
        closed = true;
        reader.close();
        replies.close();
        handler.close();
        if (reading > 0) {
            services.budget().release(reading);
            reading = 0;
        }
    }

    private static Encoding encodingOf(byte[] frame) {
        try {
            return Encoding.of(frame);
        } catch (RequestException e) {
            return Encoding.JSON;
        }
    }

    /** The {@code task_id} in the first bytes of a frame, where it comes early enough. */
    private static @Nullable String taskIdIn(byte[] seen) {
        try {
            Encoding.of(seen).decode(seen);
            return null;
        } catch (RequestException e) {
            return e.taskId();
        } catch (TaskException e) {
            return null;
        }
    }
}
