package io.parallite.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelId;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that are accepted by hand: three stay, and four are open at once. */
class ConnectionSlotsTest {

    private final ConnectionSlots slots = new ConnectionSlots(4);
    private final EmbeddedChannel listening = new EmbeddedChannel();

    @BeforeEach
    void listen() {
        slots.watch(listening);
    }

    private EmbeddedChannel connect() {
        EmbeddedChannel accepted =
                new EmbeddedChannel(listening, DefaultChannelId.newInstance(), true, false);
        listening.writeInbound(accepted);
        return accepted;
    }

    @Test
    void givesThePlaceOfTheOldestThatHasNotAskedToANewOne() {
        EmbeddedChannel first = connect();
        EmbeddedChannel second = connect();
        EmbeddedChannel third = connect();

        EmbeddedChannel next = connect();

        assertThat(first.isOpen()).isFalse();
        assertThat(second.isOpen()).isTrue();
        assertThat(third.isOpen()).isTrue();
        assertThat(next.isOpen()).isTrue();
    }

    @Test
    void prefersOneThatHasAskedSince() {
        EmbeddedChannel first = connect();
        EmbeddedChannel second = connect();
        connect();
        slots.onAsked(first);

        connect();

        assertThat(first.isOpen()).isTrue();
        assertThat(second.isOpen()).isFalse();
    }

    @Test
    void keepsOneWhoseRequestRuns() {
        EmbeddedChannel runs = connect();
        slots.onRunning(runs);
        for (int i = 0; i < 20; i++) {
            connect();
        }
        assertThat(runs.isOpen()).isTrue();

        slots.onAnswered(runs);
        for (int i = 0; i < 3; i++) {
            connect();
        }

        assertThat(runs.isOpen()).isFalse();
    }

    @Test
    void refusesNewOnesWhereAllRun() {
        EmbeddedChannel[] all = {connect(), connect(), connect()};
        for (Channel each : all) {
            slots.onRunning(each);
        }

        EmbeddedChannel refused = connect();

        assertThat(refused.isOpen()).isFalse();
        assertThat(all).allMatch(EmbeddedChannel::isOpen);
        assertThat(listening.config().isAutoRead()).isTrue();
    }

    @Test
    void acceptsNoMoreWhileOthersAreStillBeingClosed() {
        EmbeddedChannel stuck = connect();
        ClosesLater later = new ClosesLater();
        stuck.pipeline().addLast(later);
        for (int i = 0; i < 3; i++) {
            connect();
        }

        assertThat(stuck.isOpen()).isTrue();
        assertThat(listening.config().isAutoRead()).isFalse();

        later.close();

        assertThat(stuck.isOpen()).isFalse();
        assertThat(listening.config().isAutoRead()).isTrue();
    }

    /** An event loop that has no time to close a connection. */
    private static final class ClosesLater extends ChannelOutboundHandlerAdapter {
        private Supplier<ChannelFuture> closing;

        @Override
        public void close(ChannelHandlerContext context, ChannelPromise promise) {
            closing = () -> context.close(promise);
        }

        void close() {
            var _ = closing.get();
        }
    }
}
