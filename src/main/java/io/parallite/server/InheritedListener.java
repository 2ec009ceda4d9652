package io.parallite.server;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.parallite.config.SocketAccess;
import io.parallite.engine.VertxEngine;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.NetSocket;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A domain socket that systemd has opened, listens on while no daemon runs, and has handed over to
 * this one (sd_listen_fds(3)). Its file is systemd's. Owned by the engine's thread.
 */
final class InheritedListener implements Listener {

    private static final Logger LOG = Logger.getLogger(InheritedListener.class);

    /** SD_LISTEN_FDS_START. */
    private static final int DESCRIPTOR = 3;

    private final VertxEngine engine;
    private final PeerCheck peers;
    private final AcceptLimit limit;
    private final Clients clients;
    private @Nullable Channel channel;
    private boolean stopping;

    /**
     * @param most how many connections there may be at a time
     */
    InheritedListener(VertxEngine engine, SocketAccess access, Clients clients, int most) {
        this.engine = engine;
        this.peers = new PeerCheck(engine, "inherited", access, clients);
        this.limit = new AcceptLimit(most);
        this.clients = clients;
    }

    /**
     * Whether a process of this id with this environment has got a socket.
     *
     * @throws ListenException when it has got several
     */
    static boolean isHandedOver(Map<String, String> environment, long pid) {
        if (!Long.toString(pid).equals(environment.get("LISTEN_PID"))) {
            return false;
        }
        String count = environment.getOrDefault("LISTEN_FDS", "0");
        if (!count.equals("0") && !count.equals("1")) {
            throw new ListenException(
                    "systemd has handed over %s sockets, and the daemon takes one; leave one ListenStream in the socket unit, and put other addresses into listen"
                            .formatted(count));
        }
        return count.equals("1");
    }

    @Override
    public void claim() {
        if (!Epoll.isAvailable()) {
            throw new ListenException(
                    "a socket was handed over (LISTEN_FDS), which works on Linux with Netty's native library only; start the daemon without the socket unit");
        }
    }

    @Override
    public Uni<Void> listen() {
        return engine.serve(DESCRIPTOR, this::onConnect)
                .invoke(listening -> channel = listening)
                .invoke(
                        () ->
                                LOG.infof(
                                        "clients are accepted on the socket that was handed over fd=%d",
                                        DESCRIPTOR))
                .onFailure()
                .transform(
                        e ->
                                new ListenException(
                                        "cannot listen on the socket that was handed over: %s; it has to be a domain socket (ListenStream=/path)"
                                                .formatted(e.getMessage())))
                .replaceWithVoid();
    }

    private void onConnect(NetSocket socket) {
        limit.onConnect(socket);
        if (stopping) {
            var _ = socket.close();
            return;
        }
        peers.onConnect(socket);
        if (limit.isFull()) {
            clients.onFull();
        }
    }

    @Override
    public void stop() {
        stopping = true;
    }

    @Override
    public void removeFile() {
        // it is systemd's, and the next daemon's
    }

    @Override
    public void close() {
        if (channel != null) {
            var _ = channel.close();
        }
    }

    @Override
    public boolean isFull() {
        return limit.isFull();
    }

    @Override
    public Optional<String> unreachable() {
        return Optional.empty();
    }
}
