package io.parallite.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.parallite.config.AuthTokens;
import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.wire.Encoding;
import io.parallite.wire.FrameReader;
import io.parallite.wire.FrameSocket;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import io.parallite.wire.RequestException;
import io.vertx.core.net.NetSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of a connection until its first frame has shown that the client may ask for more,
 * or has been answered that it may not.
 *
 * <p>No more than that frame is read, and none of more than {@value #LONGEST} bytes. Owned by the
 * engine's thread.
 */
final class Gate extends ChannelInboundHandlerAdapter {

    /** How long a client may take to show its token, and for the handshake before that. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final int LONGEST = 1024;

    private final NetSocket socket;
    private final @Nullable AuthTokens tokens;
    private final String objection;
    private final BiConsumer<String, ByteBuf> onAdmitted;
    private final Consumer<String> onRefused;
    private final Engine.Timer timer;
    private byte[] seen = new byte[0];
    private boolean isOver;
    private boolean isAdmitted;

    /** Bytes of a refused frame that are still to come. */
    private long unread;

    private Gate(
            Engine engine,
            NetSocket socket,
            @Nullable AuthTokens tokens,
            String objection,
            BiConsumer<String, ByteBuf> onAdmitted,
            Consumer<String> onRefused) {
        this.socket = socket;
        this.tokens = tokens;
        this.objection = objection;
        this.onAdmitted = onAdmitted;
        this.onRefused = onRefused;
        this.timer = engine.schedule(PATIENCE, this::onLate);
        FrameSocket.addInFront(socket, this);
        var _ = socket.closeHandler(ignored -> timer.cancel());
    }

    /**
     * Lets a client pass that shows one of the tokens.
     *
     * @param onAdmitted called with the name of the token, and what has come behind the first frame
     * @param onRefused called with the address of a client that has shown no token, or another
     */
    static void ask(
            Engine engine,
            NetSocket socket,
            AuthTokens tokens,
            BiConsumer<String, ByteBuf> onAdmitted,
            Consumer<String> onRefused) {
        Gate _ =
                new Gate(
                        engine,
                        socket,
                        tokens,
                        "this address asks for a token, and the first request has to show it: {\"type\":\"auth\",\"token\":\"...\"}; Parallite's client takes it from PARALLITE_AUTH_TOKEN_FILE",
                        onAdmitted,
                        onRefused);
    }

    /** Answers the first request of a client with {@code why}, and closes the connection. */
    static void refuse(Engine engine, NetSocket socket, String why) {
        Gate _ = new Gate(engine, socket, null, why, (name, rest) -> {}, ignored -> {});
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            context.fireChannelRead(message);
            return;
        }
        try {
            if (!isOver) {
                read(context, bytes);
            }
            if (isOver) {
                skip(bytes);
            }
        } finally {
            bytes.release();
        }
    }

    private void read(ChannelHandlerContext context, ByteBuf bytes) {
        take(bytes, FrameReader.HEADER);
        if (seen.length < FrameReader.HEADER) {
            return;
        }
        long length = Integer.toUnsignedLong(ByteBuffer.wrap(seen).getInt());
        take(bytes, FrameReader.HEADER + (int) Math.min(length, LONGEST));
        if (seen.length == FrameReader.HEADER + length) {
            judge(context, bytes);
        } else if (length > LONGEST && seen.length > FrameReader.HEADER) {
            unread = FrameReader.HEADER + length - seen.length;
            refuse(context, objection);
        }
    }

    /** Moves bytes to those that were seen until there are {@code enough}. */
    private void take(ByteBuf bytes, int enough) {
        int count = Math.min(enough - seen.length, bytes.readableBytes());
        if (count > 0) {
            byte[] more = ByteBufUtil.getBytes(bytes.readSlice(count));
            seen = Arrays.copyOf(seen, seen.length + count);
            System.arraycopy(more, 0, seen, seen.length - count, count);
        }
    }

    private void judge(ChannelHandlerContext context, ByteBuf rest) {
        AuthTokens asked = tokens;
        if (asked == null || !(request() instanceof Request.Authenticate(var id, var given))) {
            refuse(context, objection);
            return;
        }
        asked.nameOf(given == null ? "" : given)
                .ifPresentOrElse(
                        name -> admit(context, id, name, rest),
                        () -> refuse(context, "that is not the token of this daemon"));
    }

    private @Nullable Request request() {
        try {
            return Encoding.of(seen).decode(seen);
        } catch (RequestException e) {
            return null;
        }
    }

    private void admit(
            ChannelHandlerContext context, @Nullable TaskId id, String name, ByteBuf rest) {
        isOver = true;
        isAdmitted = true;
        timer.cancel();
        var _ = write(context, Reply.figures(id, Map.of("authenticated", true)));
        onAdmitted.accept(name, rest); // adds a handler of its own in front of this one
        context.pipeline().remove(this);
    }

    /** Closes behind the frame: what is unread then would take the answer away from the client. */
    private void refuse(ChannelHandlerContext context, String why) {
        isOver = true;
        onRefused.accept(String.valueOf(socket.remoteAddress()));
        var _ = write(context, Reply.failure(taskId(), FailureKind.UNAUTHORIZED, why));
    }

    private void skip(ByteBuf bytes) {
        unread -= bytes.readableBytes();
        if (unread <= 0 && !isAdmitted) {
            var _ = socket.end(); // when the answer is out
        }
    }

    private ChannelFuture write(ChannelHandlerContext context, Reply reply) {
        return context.writeAndFlush(Unpooled.wrappedBuffer(encoding().encode(reply)));
    }

    private Encoding encoding() {
        try {
            return Encoding.of(seen);
        } catch (RequestException e) {
            return Encoding.JSON;
        }
    }

    /** The id of the client's request, as far as it was received. */
    private @Nullable String taskId() {
        try {
            Encoding encoding = Encoding.of(seen);
            Request _ = encoding.decode(seen);
            return encoding.decodeAll(seen).get("task_id") instanceof String id ? id : null;
        } catch (RequestException e) {
            return e.taskId();
        }
    }

    private void onLate() {
        if (!isOver) {
            isOver = true;
            onRefused.accept(String.valueOf(socket.remoteAddress()));
        }
        var _ = socket.close();
    }
}
