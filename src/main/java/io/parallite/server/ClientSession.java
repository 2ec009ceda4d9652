package io.parallite.server;

import io.netty.buffer.ByteBuf;
import io.parallite.dispatch.Dispatcher;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskStatus;
import io.parallite.wire.Encoding;
import io.parallite.wire.FrameReader;
import io.parallite.wire.FrameSocket;
import io.parallite.wire.FrameWriter;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import io.parallite.wire.RequestException;
import io.parallite.worker.Lane;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.NetSocket;
import java.util.Optional;
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
    private final Dispatcher dispatcher;
    private final Figures figures;
    private final ByteBudget budget;
    private final SessionSettings settings;
    private final Lane lane;
    private final FrameSocket frames;
    private final FrameReader reader;
    private final FrameWriter writer;
    private int unanswered;
    private long reading;
    private boolean paused;
    private boolean ending;
    private boolean closed;

    ClientSession(
            NetSocket socket,
            Dispatcher dispatcher,
            Figures figures,
            ByteBudget budget,
            SessionSettings settings) {
        this.socket = socket;
        this.dispatcher = dispatcher;
        this.figures = figures;
        this.budget = budget;
        this.settings = settings;
        this.lane = dispatcher.newLane();
        this.reader = new FrameReader(settings.maxBody(), this);
        this.frames = new FrameSocket(socket, this::onBytes);
        this.writer = new FrameWriter(frames, this::onDrained);
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
        if (budget.reserve(length, () -> onRoom(length))) {
            reading = length;
            return true;
        }
        return false;
    }

    private void onRoom(int length) {
        if (closed) {
            budget.release(length);
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
                        .formatted(length, settings.maxBody());
        reply(encoding, Reply.failure(taskIdIn(seen), FailureKind.PAYLOAD_TOO_LARGE, message));
        return true;
    }

    @Override
    public void onFrame(byte[] frame) {
        long reserved = reading;
        reading = 0;
        unanswered++;
        boolean kept = false;
        Encoding encoding = encodingOf(frame);
        try {
            Request request = Encoding.of(frame).decode(frame);
            kept = handle(encoding, request, reserved);
        } catch (RequestException e) {
            answer(encoding, Reply.failure(e.taskId(), e.kind(), e.explanation()));
        } catch (TaskException e) {
            answer(encoding, Reply.failure(null, e.kind(), e.explanation()));
        } catch (RuntimeException e) {
            LOG.error("a request met a defect", e);
            String message = "the daemon met a defect with this request; its log has the details";
            answer(encoding, Reply.failure(null, FailureKind.INTERNAL, message));
        }
        if (!kept && reserved > 0) {
            budget.release(reserved);
        }
    }

    /** Whether the frame, and with it what was reserved for it, stays in memory for a task. */
    private boolean handle(Encoding encoding, Request request, long reserved) {
        switch (request) {
            case Request.Submit(Task task) -> {
                submit(encoding, task, reserved);
                return true;
            }
            case Request.Await(TaskId id) ->
                    dispatcher
                            .await(id)
                            .ifPresentOrElse(
                                    result -> answerWhenDone(encoding, id, result),
                                    () -> answer(encoding, notFound(id)));
            case Request.Status(TaskId id) ->
                    answer(
                            encoding,
                            dispatcher.status(id).map(Reply::status).orElseGet(() -> notFound(id)));
            case Request.Cancel(TaskId id) -> answer(encoding, cancel(id));
            case Request.Ping(var id) -> answer(encoding, Reply.figures(id, figures.ping()));
            case Request.Stats(var id) -> answer(encoding, Reply.figures(id, figures.stats()));
        }
        return false;
    }

    private void submit(Encoding encoding, Task submitted, long reserved) {
        Task task = settings.addBenchmark() ? withBenchmark(encoding, submitted) : submitted;
        Uni<TaskResult> result = dispatcher.submit(task, lane);
        if (reserved > 0) {
            result = result.onTermination().invoke(() -> budget.release(reserved));
        }
        if (!task.detached()) {
            answerWhenDone(encoding, task.id(), result);
        } else {
            answerDetached(encoding, task.id(), result);
        }
    }

    private static Task withBenchmark(Encoding encoding, Task task) {
        return new Task(
                task.id(),
                encoding.withBenchmark(task.frame()),
                task.fingerprint(),
                task.timeout(),
                task.detached());
    }

    /** A detached task is acknowledged, unless it has been refused on the spot. */
    private void answerDetached(Encoding encoding, TaskId id, Uni<TaskResult> result) {
        TaskResult[] ended = new TaskResult[1];
        result.subscribe().with(now -> ended[0] = now);
        if (ended[0] instanceof TaskResult.Failed refused) {
            answer(encoding, id, refused);
        } else {
            answer(encoding, Reply.accepted(id));
        }
    }

    private void answerWhenDone(Encoding encoding, TaskId id, Uni<TaskResult> result) {
        result.subscribe().with(ended -> answer(encoding, id, ended));
    }

    private Reply cancel(TaskId id) {
        Optional<TaskStatus> before = dispatcher.status(id);
        if (before.isEmpty()) {
            return notFound(id);
        }
        boolean cancelled = dispatcher.cancel(id);
        return Reply.cancelled(dispatcher.status(id).orElseGet(before::get), cancelled);
    }

    private static Reply notFound(TaskId id) {
        return Reply.failure(
                id.value(),
                FailureKind.NOT_FOUND,
                "no task \"%s\" is in flight or retained; it was never submitted, or its result has expired"
                        .formatted(id));
    }

    private void answer(Encoding encoding, TaskId id, TaskResult result) {
        switch (result) {
            case TaskResult.Replied(byte[] frame, boolean ignored) -> {
                unanswered--;
                write(inEncoding(encoding, id, frame));
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

    private void answer(Encoding encoding, Reply reply) {
        unanswered--;
        reply(encoding, reply);
    }

    private void reply(Encoding encoding, Reply reply) {
        write(encoding.encode(reply));
    }

    private void write(byte[] frame) {
        if (closed) {
            return;
        }
        writer.write(frame, unanswered > 0);
        if (writer.isFull()) {
            lane.hold();
            pauseOrResume();
        }
        endIfDone();
    }

    private void onDrained() {
        lane.release();
        pauseOrResume();
        endIfDone();
    }

    private void pauseOrResume() {
        boolean shouldPause = reader.isHeld() || writer.isFull();
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
        if (ending && !closed && unanswered == 0 && writer.isEmpty()) {
            socket.end();
        }
    }

    /** The connection is gone: frees what it held, lets its tasks go on. */
    void onClosed() {
        closed = true;
        reader.close();
        writer.close();
        if (reading > 0) {
            budget.release(reading);
            reading = 0;
        }
        lane.release();
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
