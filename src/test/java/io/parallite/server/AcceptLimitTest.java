package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.DefaultChannelId;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

/** Connections that are accepted by hand. */
class AcceptLimitTest {

    private static final int MOST = 3;

    private final AcceptLimit limit = new AcceptLimit(MOST);
    private final EmbeddedChannel listening = new EmbeddedChannel();

    private EmbeddedChannel connect() {
        EmbeddedChannel accepted =
                new EmbeddedChannel(listening, DefaultChannelId.newInstance(), true, false);
        listening.writeInbound(accepted); // the limit sees it here, once it is in the pipeline
        limit.onConnect((Channel) accepted);
        return accepted;
    }

    private boolean accepts() {
        return listening.config().isAutoRead();
    }

    @Test
    void stopsAcceptingWithTheLastConnectionThatThereMayBe() {
        connect();
        connect();
        assertThat(limit.isFull()).isFalse();
        assertThat(accepts()).isTrue();

        connect();

        assertThat(limit.isFull()).isTrue();
        assertThat(accepts()).isFalse();
    }

    @Test
    void acceptsAgainWhenOneHasClosed() {
        EmbeddedChannel first = connect();
        connect();
        connect();

        var _ = first.close();

        assertThat(limit.isFull()).isFalse();
        assertThat(accepts()).isTrue();
    }

    @Test
    void countsAConnectionOnceThoughItIsSeenTwice() {
        for (int i = 0; i < 100; i++) {
            var _ = connect().close();
        }

        assertThat(limit.isFull()).isFalse();
        connect();
        connect();
        assertThat(accepts()).isTrue();
        connect();
        assertThat(accepts()).isFalse();
    }

    @Test
    void countsThoseAlreadyAcceptedThatTheEngineHasNotSeenYet() {
        connect();
        for (int i = 1; i < MOST; i++) {
            listening.writeInbound(
                    new EmbeddedChannel(listening, DefaultChannelId.newInstance(), true, false));
        }

        assertThat(limit.isFull()).isTrue();
        assertThat(accepts()).isFalse();
    }
}
