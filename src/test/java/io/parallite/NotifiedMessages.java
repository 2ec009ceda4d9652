package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a service manager would hear: a datagram socket of the system's, bound to a name. */
public final class NotifiedMessages implements AutoCloseable {

    private final EventLoopGroup loop = new EpollEventLoopGroup(1);
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final Channel channel;

    /**
     * @param name a path, or a name of the abstract namespace behind {@code @}
     */
    public NotifiedMessages(String name) {
        channel =
                new Bootstrap()
                        .group(loop)
                        .channel(EpollDomainDatagramChannel.class)
                        .handler(new Receiver())
                        .bind(new DomainSocketAddress(name.replaceFirst("^@", "\0")))
                        .syncUninterruptibly()
                        .channel();
    }

    /** The next message, which must come within ten seconds. */
    public String next() throws InterruptedException {
        String message = messages.poll(10, TimeUnit.SECONDS);
        assertThat(message).as("a message to the service manager").isNotNull();
        return message;
    }

    /** The next message but signs of life, of which no more than a hundred may come before it. */
    public String nextButWatchdog() throws InterruptedException {
        for (int signs = 0; signs <= 100; signs++) {
            String message = next();
            if (!message.equals("WATCHDOG=1")) {
                return message;
            }
        }
        throw new AssertionError("nothing but signs of life has come");
    }

    /** Leaves what comes from now on in the system's queue. */
    void stopReading() {
        channel.config().setAutoRead(false);
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private final class Receiver extends SimpleChannelInboundHandler<DomainDatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
            messages.add(packet.content().toString(StandardCharsets.UTF_8));
        }
    }
}
