package io.parallite.admin;

import io.netty.channel.Channel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.vertx.http.HttpServerStart;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.util.Iterator;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Connects {@link ConnectionSlots} to HTTP's listener, which Vert.x keeps to itself: it is found
 * among the channels of the event loop that accepts. Any thread.
 */
@Singleton
final class HttpConnections {

    private final Vertx vertx;
    private final ConnectionSlots slots;

    /**
     * The connections of HTTP.
     *
     * @param limit the limit that Quarkus is given, twice the real one: Quarkus counts a connection
     *     for a while after its descriptor has been closed
     */
    HttpConnections(
            Vertx vertx,
            @ConfigProperty(name = "quarkus.http.limits.max-connections", defaultValue = "256")
                    int limit) {
        this.vertx = vertx;
        this.slots = new ConnectionSlots(Math.max(2, limit / 2));
    }

    void install(@Observes Router router) {
        router.route()
                .order(Integer.MIN_VALUE)
                .handler(
                        context -> {
                            slots.onAsked(channel(context));
                            context.next();
                        });
    }

    void onListening(@ObservesAsync HttpServerStart start) {
        int port = start.options().getPort();
        for (EventExecutor executor : ((VertxInternal) vertx).getAcceptorEventLoopGroup()) {
            if (executor instanceof SingleThreadEventLoop loop) {
                loop.execute(() -> watch(loop, port));
            }
        }
    }

    private void watch(SingleThreadEventLoop loop, int port) {
        Iterator<Channel> channels = loop.registeredChannelsIterator();
        while (channels.hasNext()) {
            Channel channel = channels.next();
            if (channel.localAddress() instanceof InetSocketAddress address
                    && address.getPort() == port) {
                slots.watch(channel);
            }
        }
    }

    /** The request may run, however long it takes: its connection stays until the answer. */
    void keep(RoutingContext context) {
        Channel channel = channel(context);
        slots.onRunning(channel);
        context.addEndHandler(ignored -> slots.onAnswered(channel));
    }

    private static Channel channel(RoutingContext context) {
        return ((ConnectionBase) context.request().connection()).channel();
    }
}
