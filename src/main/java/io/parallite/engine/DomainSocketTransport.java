package io.parallite.engine;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.spi.transport.Transport;
import java.net.UnixDomainSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A transport for Vert.x that serves domain sockets without native code, over the JDK's own (JEP
 * 380): for native executables, and for platforms that Netty has no epoll or kqueue library for.
 *
 * <p>Vert.x finds it by {@link java.util.ServiceLoader} and takes it when it is available, which it
 * only is where the native transports are not: they are the faster ones.
 */
public final class DomainSocketTransport extends JDKTransport {

    @Override
    public boolean isAvailable() {
        return !isNativeAvailable();
    }

    /** In a native executable Quarkus has the JDK's transport here, which serves TCP alone. */
    private static boolean isNativeAvailable() {
        return serves(VertxBuilder.nativeTransport());
    }

    static boolean serves(@Nullable Transport nativeTransport) {
        return nativeTransport != null
                && nativeTransport.isAvailable()
                && nativeTransport.supportsDomainSockets();
    }

    @Override
    public boolean supportsDomainSockets() {
        return true;
    }

    @Override
    public java.net.SocketAddress convert(SocketAddress address) {
        return address.isDomainSocket()
                ? UnixDomainSocketAddress.of(address.path())
                : super.convert(address);
    }

    @Override
    public SocketAddress convert(java.net.SocketAddress address) {
        return address instanceof UnixDomainSocketAddress domain
                ? SocketAddress.domainSocketAddress(domain.getPath().toString())
                : super.convert(address);
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return domainSocket ? NioDomainSocketChannel::new : super.channelFactory(false);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return domainSocket ? NioServerDomainSocketChannel::new : super.serverChannelFactory(false);
    }

    /** Address reuse is an option of TCP, which the others would be asked for too. */
    @Override
    public void configure(
            NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
        if (!domainSocket) {
            super.configure(options, false, bootstrap);
        }
    }
}
