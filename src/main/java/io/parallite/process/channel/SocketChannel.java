package io.parallite.process.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.parallite.engine.Engine;
import io.parallite.engine.NamedPipe;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerExit;
import io.parallite.process.tree.WorkerProcess;
import io.parallite.wire.FrameSocket;
import io.parallite.wire.FrameWriter;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketInternal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A channel over the socket that a worker has connected back with.
 *
 * <p>A peer that closes a socket with unread bytes in it resets the connection instead of ending
 * it: so a reset shows that the worker had not read the whole of its last frame.
 */
public final class SocketChannel implements WorkerChannel {

    private static final Logger LOG = Logger.getLogger(SocketChannel.class);

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** How long nothing must have come after the end of the process, to be sure that it was all. */
    private static final Duration QUIET = Duration.ofMillis(100);

    private final Engine engine;
    private final WorkerProcess process;
    private final Handshake.Connected connected;
    private final NetSocket socket;
    private final ReplyReader replies;
    private final FrameSocket frames;
    private final FrameWriter writer;
    private final Listener listener;
    private final @Nullable NamedPipe pipe;

    private boolean paused;
    private long received;
    private boolean closed;
    private ProcessState lastLook = ProcessState.UNKNOWN;
    private boolean reset;
    private boolean ending;
    private @Nullable Integer exitStatus;
    private boolean hasReportedEnd;

    /**
     * A channel to a worker that has connected; it reads from now on.
     *
     * @param pipe for prefetched tasks, closed at once when the worker knows none; {@code null}
     *     where there is none
     */
    public SocketChannel(
            Engine engine,
            WorkerProcess process,
            Handshake.Connected connected,
            ReplyLimits limits,
            Listener listener,
            @Nullable NamedPipe pipe) {
        this.engine = engine;
        this.process = process;
        this.connected = connected;
        this.socket = connected.socket();
        this.listener = listener;
        this.pipe = connected.features().contains("prefetch") ? pipe : null;
        this.replies = new ReplyReader(listener, limits, this::onRoom);
        this.frames = new FrameSocket(socket, this::onBytes);
        this.writer = new FrameWriter(frames, () -> {});
        socket.closeHandler(ignored -> onClosed());
        readToTheEnd();
        if (pipe != null && this.pipe == null) {
            pipe.close();
        } else if (pipe != null) {
            pipe.unlink(); // the worker has opened it before its hello
        }
    }

    /**
     * Keeps the connection open after a failed write: bytes that the worker had sent before it
     * ended are still to be read. Netty closes it then, and so does Vert.x.
     */
    private void readToTheEnd() {
        var channel = ((NetSocketInternal) socket).channelHandlerContext().channel();
        channel.config().setAutoClose(false);
        channel.pipeline()
                .addFirst(
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void exceptionCaught(
                                    ChannelHandlerContext context, Throwable cause) {
                                onException(cause);
                            }
                        });
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public boolean provesReadiness() {
        return true;
    }

    @Override
    public boolean hasAnswered() {
        return connected.hasAnswered();
    }

    @Override
    public Set<String> features() {
        return connected.features();
    }

    @Override
    public void write(byte[] frame) {
        if (frames.isOpen()) {
            writer.write(frame);
        } else {
            reset = true; // the end of the process is not reported yet
        }
    }

    @Override
    public boolean prefetch(byte[] frame) {
        return pipe != null && exitStatus == null && pipe.put(frame);
    }

    @Override
    public List<byte[]> takeBack() {
        return pipe == null ? List.of() : pipe.drain();
    }

    @Override
    public boolean hasMore() {
        return replies.reader().hasMore();
    }

    @Override
    public boolean hasWaitedForRoom() {
        return replies.hasWaitedForRoom();
    }

    private void onBytes(ByteBuf bytes) {
        received += bytes.readableBytes();
        replies.reader().feed(bytes);
        if (replies.isHeld()) {
            readOrWait();
        }
    }

    /** In a pass of its own: the caller that releases room is in the middle of something. */
    private void onRoom() {
        engine.execute(
                () -> {
                    replies.readOn();
                    readOrWait();
                });
    }

    @Override
    public void pause() {
        paused = true;
        readOrWait();
    }

    @Override
    public void resume() {
        paused = false;
        readOrWait();
    }

    private void readOrWait() {
        if (exitStatus == null && (paused || replies.isHeld())) {
            frames.pause();
        } else {
            frames.resume();
        }
    }

    @Override
    public void end() {
        ending = true;
        socket.close();
        engine.schedule(PATIENCE, this::killIfAlive);
    }

    @Override
    public void kill() {
        process.kill();
    }

    @Override
    public boolean isComputing() {
        ProcessState before = lastLook;
        lastLook = ProcessState.of(pid());
        return lastLook.hasComputedSince(before);
    }

    @Override
    public void askForStack() {
        process.signalUsr2();
    }

    /** Called by the transport when the process has ended. */
    public void onExit(int status) {
        exitStatus = status;
        frames.resume(); // the rest is bounded by the buffers of the socket
        if (!closed) {
            engine.schedule(QUIET, () -> closeWhenRead(received));
        }
        reportEnd();
    }

    /**
     * A forked child may hold the socket, so that it does not end with the worker. What the worker
     * itself had sent has been read once a turn of the loop brings no more.
     */
    private void closeWhenRead(long before) {
        if (received == before) {
            socket.close();
        } else if (!closed) {
            engine.schedule(QUIET, () -> closeWhenRead(received));
        }
    }

    /**
     * A reset while reading, or a write that failed: what cannot be written cannot be read either.
     */
    private void onException(Throwable cause) {
        reset |= cause instanceof IOException;
        LOG.debugf("connection of worker=%s: %s", process.name(), cause);
    }

    private void onClosed() {
        closed = true;
        if (!ending) {
            engine.schedule(PATIENCE, this::killIfAlive);
        }
        reportEnd();
    }

    private void killIfAlive() {
        if (exitStatus == null) {
            kill();
        }
    }

    private void reportEnd() {
        if (hasReportedEnd || !closed || exitStatus == null) {
            return;
        }
        hasReportedEnd = true;
        WorkerExit how = replies.ending(exitStatus, process.stderrTail(), reset);
        writer.close();
        replies.close();
        listener.onEnded(how); // may take back what is in the pipe
        if (pipe != null) {
            pipe.close();
        }
    }
}
