package io.parallite.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketInternal;
import io.vertx.core.streams.WriteStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a Vert.x socket at the bottom of its pipeline.
 *
 * <p>Vert.x copies what comes into a heap buffer, queues it, and passes what goes out through a
 * queue for file regions. Frames are copied by {@link FrameReader} anyway and are no files: this
 * handler stands before all of that. Closing, failures and back-pressure stay with the {@link
 * NetSocket}. Owned by the socket's event loop.
 */
public final class FrameSocket extends ChannelInboundHandlerAdapter implements WriteStream<Buffer> {

    private final NetSocket socket;
    private final ChannelHandlerContext context;
    private final Consumer<ByteBuf> onBytes;

    /** Takes over the bytes of {@code socket}; {@code onBytes} must not keep what it is given. */
    public FrameSocket(NetSocket socket, Consumer<ByteBuf> onBytes) {
        this.socket = socket;
        this.onBytes = onBytes;
        var pipeline = ((NetSocketInternal) socket).channelHandlerContext().pipeline();
        pipeline.addFirst(this);
        this.context = pipeline.context(this);
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

    @Override
    public Future<Void> write(Buffer data) {
        Promise<Void> promise = Promise.promise();
        write(data, promise);
        return promise.future();
    }

    @Override
    public void write(Buffer data, @Nullable Handler<AsyncResult<Void>> handler) {
        ByteBuf frame = data.getByteBuf();
        ByteBuf direct = context.alloc().directBuffer(frame.readableBytes());
        direct.writeBytes(frame, frame.readerIndex(), frame.readableBytes());
        ChannelPromise promise;
        if (handler == null) {
            promise = context.voidPromise();
        } else {
            promise = context.newPromise();
            promise.addListener(done -> handler.handle(outcome(done.cause())));
        }
        context.writeAndFlush(direct, promise);
    }

    private static AsyncResult<Void> outcome(@Nullable Throwable cause) {
        return cause == null ? Future.succeededFuture() : Future.failedFuture(cause);
    }

    @Override
    public boolean writeQueueFull() {
        return socket.writeQueueFull();
    }

    @Override
    public WriteStream<Buffer> drainHandler(@Nullable Handler<Void> handler) {
        socket.drainHandler(handler);
        return this;
    }

    @Override
    public WriteStream<Buffer> exceptionHandler(@Nullable Handler<Throwable> handler) {
        socket.exceptionHandler(handler);
        return this;
    }

    @Override
    public WriteStream<Buffer> setWriteQueueMaxSize(int bytes) {
        socket.setWriteQueueMaxSize(bytes);
        return this;
    }

    @Override
    public void end(@Nullable Handler<AsyncResult<Void>> handler) {
        socket.end(handler);
    }
}
