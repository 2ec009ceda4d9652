package io.parallite.server;

import io.parallite.engine.VertxEngine;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * The listening sockets of one address: one, and another for each time that it was opened anew,
 * since closing one would close its connections. Owned by the engine's thread.
 */
final class ServerSockets {

    private static final Logger LOG = Logger.getLogger(ServerSockets.class);

    private static final int BACKLOG = 1024;

    private final VertxEngine engine;
    private final AcceptLimit limit;
    private final Runnable onFull;
    private final Consumer<NetSocket> onConnect;
    private final List<NetServer> servers = new ArrayList<>();
    private boolean stopped;

    /**
     * @param most how many connections there may be at a time
     * @param onFull called with each connection that reaches this
     * @param onConnect called with each that may be served
     */
    ServerSockets(VertxEngine engine, int most, Runnable onFull, Consumer<NetSocket> onConnect) {
        this.engine = engine;
        this.limit = new AcceptLimit(most);
        this.onFull = onFull;
        this.onConnect = onConnect;
    }

    /** Listens there; {@code name} is how messages call the place. */
    Uni<Void> listen(NetServerOptions options, SocketAddress where, String name) {
        NetServer opened = engine.vertx().createNetServer(options.setAcceptBacklog(BACKLOG));
        servers.add(opened);
        opened.connectHandler(this::onConnect);
        opened.exceptionHandler(e -> LOG.debugf("cannot accept: %s", e.getMessage()));
        return Uni.createFrom()
                .completionStage(() -> opened.listen(where).toCompletionStage())
                .onFailure()
                .transform(
                        e ->
                                new ListenException(
                                        "cannot listen on %s: %s".formatted(name, e.getMessage())))
                .replaceWithVoid();
    }

    private void onConnect(NetSocket socket) {
        limit.onConnect(socket);
        if (stopped) {
            socket.close();
            return;
        }
        onConnect.accept(socket);
        if (limit.isFull()) {
            onFull.run();
        }
    }

    boolean isFull() {
        return limit.isFull();
    }

    /** Serves no more clients. */
    void stop() {
        stopped = true;
    }

    /** Closes the sockets and, as Vert.x does, what connections are left on them. */
    void close() {
        servers.forEach(NetServer::close);
        servers.clear();
    }
}
