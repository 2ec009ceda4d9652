package io.parallite.engine;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.util.concurrent.Future;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketImpl;
import io.vertx.core.net.impl.VertxHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** An {@link Engine} on one event-loop context of Vert.x. */
public final class VertxEngine implements Engine {

    private final Vertx vertx;
    private final ContextInternal context;
    private final EventLoop eventLoop;

    public VertxEngine(Vertx vertx) {
        this.vertx = vertx;
        this.context = ((VertxInternal) vertx).createEventLoopContext();
        this.eventLoop = context.nettyEventLoop();
    }

    /**
     * The Vert.x instance whose servers, listened on from this engine's thread, run on this engine.
     */
    public Vertx vertx() {
        return vertx;
    }

    /**
     * Accepts the connections of a domain socket that listens already, as Vert.x' servers do of
     * those they open. Linux only. Engine thread.
     *
     * @param descriptor the socket's, which is made one that does not block: it would be waited at
     * @param onConnect gets each connection, on the engine's thread
     * @return the channel that accepts them, to be closed
     */
    public Uni<Channel> serve(int descriptor, Consumer<NetSocket> onConnect) {
        if (LibC.setFlags(descriptor, LibC.O_NONBLOCK) < 0) {
            return Uni.createFrom()
                    .failure(new IOException("descriptor %d is no socket".formatted(descriptor)));
        }
        EpollServerDomainSocketChannel listening =
                new EpollServerDomainSocketChannel(descriptor, true);
        listening
                .pipeline()
                .addLast(
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext ctx, Object accepted) {
                                take((Channel) accepted, onConnect);
                            }
                        });
        return Uni.createFrom()
                .emitter(
                        emitter ->
                                eventLoop
                                        .register(listening)
                                        .addListener(
                                                done -> {
                                                    if (done.isSuccess()) {
                                                        emitter.complete(listening);
                                                    } else {
                                                        emitter.fail(done.cause());
                                                    }
                                                }));
    }

    private void take(Channel accepted, Consumer<NetSocket> onConnect) {
        VertxHandler<NetSocketImpl> handler =
                VertxHandler.create(ctx -> new NetSocketImpl(context, ctx, null, null, false));
        handler.addHandler(onConnect::accept);
        accepted.pipeline().addLast("handler", handler);
        var _ = eventLoop.register(accepted);
    }

    @Override
    public void execute(Runnable action) {
        context.runOnContext(ignored -> action.run());
    }

    @Override
    public void dispatch(Runnable action) {
        ContextInternal former = context.beginDispatch();
        try {
            action.run();
        } finally {
            context.endDispatch(former);
        }
    }

    @Override
    public boolean isCurrent() {
        return eventLoop.inEventLoop();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long epochMillis() {
        return System.currentTimeMillis();
    }

    /** Netty's own timers: a cancelled one leaves the queue at once, where Mutiny's would stay. */
    @Override
    public Timer schedule(Duration delay, Runnable action) {
        Future<?> scheduled = eventLoop.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }
}
