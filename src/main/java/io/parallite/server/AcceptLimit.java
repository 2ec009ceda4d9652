package io.parallite.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.AttributeKey;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketInternal;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Accepts no more connections than there may be; others wait in the backlog of the system.
 *
 * <p>Vert.x accepts on a thread of its own, which would be far ahead of the engine's before that
 * could stop it: so connections are counted where they are accepted. Any thread.
 */
@Sharable
final class AcceptLimit extends ChannelInboundHandlerAdapter {

    private static final AttributeKey<Boolean> COUNTED =
            AttributeKey.valueOf(AcceptLimit.class, "counted");

    private final int most;
    private final AtomicInteger open = new AtomicInteger();
    private volatile @Nullable Channel listening;

    /** A limit of {@code most} connections at a time. */
    AcceptLimit(int most) {
        this.most = most;
    }

    /** Counts a connection; with the first one, it finds the channel that accepts them now. */
    void onConnect(NetSocket socket) {
        onConnect(((NetSocketInternal) socket).channelHandlerContext().channel());
    }

    void onConnect(Channel channel) {
        Channel parent = channel.parent();
        if (parent != null
                && !parent.equals(listening)) { // another after the socket was opened anew
            listening = parent;
            parent.pipeline().addFirst(this);
        }
        count(channel);
    }

    /** Whether others have to wait. */
    boolean isFull() {
        return open.get() >= most;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        if (accepted instanceof Channel channel) {
            count(channel);
        }
        context.fireChannelRead(accepted);
    }

    private void count(Channel channel) {
        if (channel.attr(COUNTED).setIfAbsent(true) != null) {
            return;
        }
        open.incrementAndGet();
        channel.closeFuture()
                .addListener(
                        ignored -> {
                            open.decrementAndGet();
                            acceptOrWait();
                        });
        acceptOrWait();
    }

    /** One at a time, or a late "wait" could follow the "accept" of the last that closes. */
    private synchronized void acceptOrWait() {
        Channel accepts = listening;
        if (accepts != null) {
            accepts.config().setAutoRead(!isFull());
        }
    }
}
