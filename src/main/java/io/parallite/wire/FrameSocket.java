package io.parallite.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketInternal;
import java.util.function.Consumer;

/**
 * The bytes of a Vert.x socket at the bottom of its pipeline.
 *
 * <p>Vert.x copies what comes into a heap buffer, queues it, and passes what goes out through a
 * queue for file regions. Frames are copied by {@link FrameReader} anyway and are no files: this
 * handler stands before all of that. Closing, failures and back-pressure stay with the {@link
 * NetSocket}. Owned by the socket's event loop.
 */
public final class FrameSocket extends ChannelInboundHandlerAdapter implements FrameWriter.Line {

    private static final int DEFAULT_BUFFER = 64 * 1024;

    private final NetSocket socket;
    private final ChannelHandlerContext context;
    private final Consumer<ByteBuf> onBytes;
    private final Runnable onPassOver;
    private boolean flushIsDue;

    /** Takes over the bytes of {@code socket}; {@code onBytes} must not keep what it is given. */
    public FrameSocket(NetSocket socket, Consumer<ByteBuf> onBytes) {
        this(socket, onBytes, () -> {});
    }

    /**
     * The same.
     *
     * @param onPassOver called when no more is read in this pass of the event loop
     */
    public FrameSocket(NetSocket socket, Consumer<ByteBuf> onBytes, Runnable onPassOver) {
        this.socket = socket;
        this.onBytes = onBytes;
        this.onPassOver = onPassOver;
        addInFront(socket, this);
        this.context =
                ((NetSocketInternal) socket).channelHandlerContext().pipeline().context(this);
    }

    /** Gives a handler the bytes of a socket, deciphered, before all that handles them now. */
    public static void addInFront(NetSocket socket, ChannelHandler handler) {
        ChannelPipeline pipeline = ((NetSocketInternal) socket).channelHandlerContext().pipeline();
        if (socket.isSsl()) {
            pipeline.addAfter(pipeline.context(SslHandler.class).name(), null, handler);
        } else {
            pipeline.addFirst(handler);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ignored, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            context.fireChannelRead(message);
            return;
        }
        try {
            onBytes.accept(bytes);
        } finally {
            bytes.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ignored) {
        onPassOver.run();
        context.fireChannelReadComplete();
    }

    @Override
    public void close() {
        var _ = socket.close();
    }

    /** Whether what is written can still be sent. */
    public boolean isOpen() {
        return context.channel().isActive();
    }

    /** Reads no more until {@link #resume}. */
    public void pause() {
        context.channel().config().setAutoRead(false);
    }

    /** Reads again. */
    public void resume() {
        context.channel().config().setAutoRead(true);
    }

    /**
     * What may wait is sent when the event loop has gone through all that is ready to be read: then
     * the replies to one client that came in the same pass share a system call.
     */
    @Override
    public void write(byte[] bytes, int offset, int length, boolean moreFollow) {
        ByteBuf copy = context.alloc().directBuffer(length).writeBytes(bytes, offset, length);
        if (!moreFollow) {
            var _ = context.writeAndFlush(copy, context.voidPromise());
            return;
        }
        var _ = context.write(copy, context.voidPromise());
        if (!flushIsDue) {
            flushIsDue = true;
            context.executor().execute(this::flush);
        }
    }

    private void flush() {
        flushIsDue = false;
        context.flush();
    }

    @Override
    public boolean isFull() {
        return socket.writeQueueFull();
    }

    @Override
    public long pending() {
        ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    /**
     * Sets how many bytes are read at once, and how many may wait to be sent before the line is
     * full; to be called before the first byte is read.
     */
    public void useBuffersOf(int bytes) {
        if (bytes >= DEFAULT_BUFFER) {
            return;
        }
        context.channel()
                .config()
                .setRecvByteBufAllocator(
                        new AdaptiveRecvByteBufAllocator(64, Math.min(2048, bytes), bytes));
        socket.setWriteQueueMaxSize(bytes);
    }

    @Override
    public void onDrained(Runnable action) {
        socket.drainHandler(ignored -> action.run());
    }
}
