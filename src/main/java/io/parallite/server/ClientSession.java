package io.parallite.server;

import io.netty.buffer.ByteBuf;
import io.parallite.engine.Guard;
import io.parallite.pool.Lane;
import io.parallite.server.ClientBudget.Account;
import io.parallite.server.ClientBudget.Claim;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.wire.Encoding;
import io.parallite.wire.FrameReader;
import io.parallite.wire.FrameSocket;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import io.parallite.wire.RequestException;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection: frames in, replies out as tasks finish, paired by {@code task_id}.
 *
 * <p>The next frame is begun only while the client reads its replies, holds no more than one may
 * ({@link ClientBudget}), has no pending request whose reply takes long, and has not used up its
 * share of this pass of the event loop. When the client disconnects, requests that were read are
 * still executed: its tasks go on, and their results are retained. Owned by the engine's thread.
 */
final class ClientSession implements FrameReader.Sink, StallWatch.Watched, Turn {

    private static final Logger LOG = Logger.getLogger(ClientSession.class);

    /** Longer frames are decoded on another thread. */
    private static final int LONG_TO_DECODE = 256 * 1024;

    /** The work for one client before others have their turn, and the cost of a frame. */
    private static final int TURN = 256 * 1024;

    private static final int FRAME = 256;

    private final NetSocket socket;
    private final Services services;
    private final Runnable onBegun;
    private final FrameSocket frames;
    private final FrameReader reader;
    private final Account account;
    private final Quotas.Client quota;
    private final Replies replies;
    private final RequestHandler handler;
    private @Nullable Claim reading;
    private int done;
    private boolean busy;
    private boolean continues;
    private boolean paused;
    private boolean behind;
    private boolean ending;
    private boolean closed;

    private long seenBegun;
    private long seenTaken;
    private long seenSent;
    private long frameStillSince;
    private long repliesStillSince;

    /**
     * @param who the client
     * @param bufferSize bytes of the connection's buffers
     * @param onBegun called when a frame has begun and is not complete yet
     */
    ClientSession(
            NetSocket socket,
            ClientIdentity who,
            Services services,
            int bufferSize,
            Runnable onBegun) {
        this.socket = socket;
        this.services = services;
        this.onBegun = onBegun;
        this.reader = new FrameReader(services.settings().maxBody(), this);
        this.frames = new FrameSocket(socket, this::onBytes, this::onTurnOver);
        frames.useBuffersOf(bufferSize);
        this.account = services.budget().open(this::continueSoon);
        this.quota = services.quotas().connect(who);
        Lane lane = services.dispatcher().newLane();
        this.replies =
                new Replies(
                        frames,
                        lane,
                        account,
                        services.traffic(),
                        new Translator(
                                services.offload(),
                                services.budget(),
                                services.settings().maxBody()),
                        this::onRepliesChanged);
        this.handler =
                new RequestHandler(
                        services,
                        lane,
                        replies,
                        account,
                        this,
                        new Peer(AllowedUsers.peer(socket), quota));
        this.frameStillSince = services.engine().nanoTime();
        this.repliesStillSince = frameStillSince;
        socket.exceptionHandler(e -> LOG.debugf("client connection: %s", e.getMessage()));
    }

    /** Takes what was read before there was a session. */
    void begin(ByteBuf bytes) {
        if (bytes.isReadable()) {
            onBytes(bytes);
        }
    }

    private void onBytes(ByteBuf bytes) {
        reader.feed(bytes);
        pauseOrResume();
        if (!reader.isBetweenFrames()) {
            onBegun.run();
        }
    }

    private void onTurnOver() {
        if (!continues) {
            done = 0;
        }
    }

    @Override
    public boolean admits(int length) {
        return mayBegin();
    }

    private boolean mayBegin() {
        if (done >= TURN) {
            continueSoon();
            return false;
        }
        return !busy && (closed || (!replies.isBehind() && !account.isFull()));
    }

    @Override
    public boolean hasRoom(int bytes) {
        Claim claim = account.claim(bytes + ClientBudget.TASK, this::onRoom);
        reading = claim;
        return claim.isGranted();
    }

    private void onRoom() {
        continueSoon();
    }

    /** Goes on with what the reader has kept, in a later pass of the event loop. */
    private void continueSoon() {
        if (!continues) {
            continues = true;
            services.engine().schedule(Duration.ZERO, this::goOn);
        }
    }

    private void goOn() {
        continues = false;
        done = 0;
        if (reader.isHeldForRoom()) {
            Claim claim = reading;
            if (claim != null && claim.isGranted()) {
                reader.resume();
            }
        } else if (reader.isHeld() && mayBegin()) {
            reader.resume();
        }
        pauseOrResume();
        closeIfDone();
    }

    @Override
    public boolean onOversize(long length, byte[] seen) {
        Encoding encoding = encodingOf(seen);
        String message =
                "frame of %d bytes exceeds max_payload_bytes=%d; raise it in parallite.json or send less"
                        .formatted(length, services.settings().maxBody());
        Reply refusal = Reply.failure(taskIdIn(seen), FailureKind.PAYLOAD_TOO_LARGE, message);
        done += FRAME;
        replies.send(encoding.encode(refusal));
        return true;
    }

    @Override
    public void onFrame(byte[] frame) {
        Claim claim = reading;
        reading = null;
        services.traffic().received(frame);
        done += FRAME;
        replies.expect();
        if (frame.length > LONG_TO_DECODE) {
            decodeElsewhere(frame, claim);
        } else {
            handle(frame, claim, null);
        }
    }

    private void decodeElsewhere(byte[] frame, @Nullable Claim claim) {
        busy = true;
        services.offload()
                .run(
                        () -> Encoding.of(frame).decode(frame),
                        (request, problem) -> {
                            busy = false;
                            if (problem != null) {
                                refuse(encodingOf(frame), problem);
                                release(claim);
                            } else {
                                handle(frame, claim, request);
                            }
                            continueSoon();
                        });
    }

    /** Does what the frame asks for; its claim goes with the task, or back at once. */
    private void handle(byte[] frame, @Nullable Claim claim, @Nullable Request decoded) {
        Encoding encoding = encodingOf(frame);
        int before = replies.unanswered();
        boolean isKept = false;
        try {
            Request request = decoded == null ? Encoding.of(frame).decode(frame) : decoded;
            isKept = handler.handle(encoding, request, claim);
        } catch (Throwable e) {
            if (replies.unanswered() == before) {
                refuse(encoding, e);
            } else {
                Guard.log("a request that is answered", e);
            }
        }
        if (!isKept) {
            release(claim);
        }
    }

    @Override
    public void spend(int bytes) {
        done += bytes;
    }

    @Override
    public void onLongBegun() {
        busy = true;
    }

    @Override
    public void onLongDone() {
        busy = false;
        continueSoon();
    }

    private static void release(@Nullable Claim claim) {
        if (claim != null) {
            claim.release();
        }
    }

    private void refuse(Encoding encoding, Throwable why) {
        switch (why) {
            case RequestException e ->
                    replies.answer(encoding, Reply.failure(e.taskId(), e.kind(), e.explanation()));
            case QuotaExceededException e -> replies.answer(encoding, e.toReply());
            case TaskException e ->
                    replies.answer(encoding, Reply.failure(null, e.kind(), e.explanation()));
            default -> {
                Guard.log("a request", why);
                String message =
                        "the daemon met a defect with this request; its log has the details";
                replies.answer(encoding, Reply.failure(null, FailureKind.INTERNAL, message));
            }
        }
    }

    private void onRepliesChanged() {
        boolean wasBehind = behind;
        behind = replies.isBehind();
        if (wasBehind && !behind) {
            handler.onCaughtUp();
            continueSoon();
        }
        if (behind && !paused) {
            pauseOrResume();
        }
        endIfDone();
    }

    private void pauseOrResume() {
        boolean shouldPause = reader.isHeld() || busy || replies.isBehind() || account.isFull();
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

    /** The connection is gone: nothing is sent from now on, and what was read is done. */
    void onClosed() {
        closed = true;
        quota.disconnect();
        replies.close();
        handler.close();
        if (reader.isHeldForRoom() || (!reader.isHeld() && !busy)) {
            closeReader();
        } else {
            continueSoon();
        }
    }

    private void closeIfDone() {
        if (closed && !busy && !continues && (!reader.isHeld() || reader.isHeldForRoom())) {
            closeReader();
        }
    }

    private void closeReader() {
        reader.close();
        release(reading);
        reading = null;
    }

    @Override
    public boolean isWithinFrame() {
        return !closed && !reader.isHeld() && !reader.isBetweenFrames();
    }

    @Override
    public boolean holdsRoom() {
        return reading != null;
    }

    @Override
    public long unread() {
        return account.unread();
    }

    @Override
    public void look(long now, long late) {
        frameStillSince += late;
        repliesStillSince += late;
        boolean hasFrameGotOn =
                paused
                        || !isWithinFrame()
                        || reader.begun() != seenBegun
                        || reader.taken() - seenTaken >= StallWatch.PROGRESS;
        if (hasFrameGotOn) {
            seenBegun = reader.begun();
            seenTaken = reader.taken();
            frameStillSince = now;
        }
        if (account.unread() == 0 || replies.progress() - seenSent >= StallWatch.PROGRESS) {
            seenSent = replies.progress();
            repliesStillSince = now;
        }
    }

    @Override
    public Duration frameStillFor(long now) {
        return Duration.ofNanos(now - frameStillSince);
    }

    @Override
    public Duration repliesStillFor(long now) {
        return Duration.ofNanos(now - repliesStillSince);
    }

    @Override
    public void endUnfinished(Duration patience, boolean isShort) {
        String message =
                isShort
                        ? "a frame has not got on by %d bytes in %d ms, while others wait for what it holds; send frames in one go"
                                .formatted(StallWatch.PROGRESS, patience.toMillis())
                        : "a frame has not got on by %d bytes within frame_timeout_ms=%d; send frames in one go, or raise frame_timeout_ms"
                                .formatted(StallWatch.PROGRESS, patience.toMillis());
        byte[] seen = reader.partial(256);
        Encoding encoding = encodingOf(seen);
        reader.close();
        release(reading);
        reading = null;
        replies.send(
                encoding.encode(Reply.failure(taskIdIn(seen), FailureKind.FRAME_TIMEOUT, message)));
        if (!closed) {
            socket.end();
        }
    }

    @Override
    public void evict() {
        replies.close();
        socket.close();
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
