package io.parallite.server;

import io.parallite.config.SocketAccess;
import io.parallite.engine.VertxEngine;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A domain socket: its file, who may connect, and whether clients still find it. Owned by the
 * engine's thread.
 */
final class UnixListener implements Listener {

    private static final Logger LOG = Logger.getLogger(UnixListener.class);

    /** How often it is looked whether clients find the socket. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final VertxEngine engine;
    private final Path path;
    private final SocketAccess access;
    private final ServerSockets sockets;
    private SocketFile.Place lastSeen = SocketFile.Place.OURS;
    private volatile @Nullable SocketFile file;
    private boolean stopping;

    /**
     * @param most how many connections there may be at a time
     */
    UnixListener(VertxEngine engine, Path path, SocketAccess access, Clients clients, int most) {
        this.engine = engine;
        this.path = path;
        this.access = access;
        PeerCheck peers = new PeerCheck(engine, path.toString(), access, clients);
        this.sockets = new ServerSockets(engine, most, clients::onFull, peers::onConnect);
    }

    @Override
    public void claim() {
        file = SocketFile.claim(path, access);
    }

    @Override
    public Uni<Void> listen() {
        SocketFile claimed = Objects.requireNonNull(file, "not claimed");
        return listenAt(claimed)
                .onFailure()
                .invoke(claimed::abandon)
                .invoke(() -> engine.schedule(LOOK, () -> look(claimed)));
    }

    private Uni<Void> listenAt(SocketFile at) {
        SocketAddress where = SocketAddress.domainSocketAddress(at.bindPath().toString());
        return sockets.listen(new NetServerOptions(), where, path.toString()).invoke(at::publish);
    }

    /** A removed socket is opened anew; one that another program has replaced is left to it. */
    private void look(SocketFile at) {
        if (stopping) {
            return;
        }
        engine.schedule(LOOK, () -> look(at));
        SocketFile.Place place = at.place();
        if (place == lastSeen) {
            return;
        }
        lastSeen = place;
        switch (place) {
            case OURS -> LOG.infof("clients find the socket again socket=%s", path);
            case ANOTHERS ->
                    LOG.errorf(
                            "the socket was replaced by another program: clients do not find this daemon, restart it socket=%s",
                            path);
            case NOTHING -> reopen(at); // once: a second loss is seen when it was back
        }
    }

    private void reopen(SocketFile at) {
        LOG.warnf("the socket was removed and is opened anew socket=%s", path);
        try {
            at.prepare();
            listenAt(at)
                    .subscribe()
                    .with(
                            ignored -> lastSeen = SocketFile.Place.OURS,
                            e ->
                                    LOG.errorf(
                                            "the socket cannot be opened anew: %s",
                                            e.getMessage()));
        } catch (IOException e) {
            LOG.errorf("the socket cannot be opened anew: %s", e);
        }
    }

    @Override
    public void stop() {
        stopping = true;
        sockets.stop();
        removeFile();
    }

    @Override
    public void removeFile() {
        SocketFile made = file;
        if (made != null) {
            made.remove();
        }
    }

    @Override
    public void close() {
        sockets.close();
    }

    @Override
    public boolean isFull() {
        return sockets.isFull();
    }

    @Override
    public Optional<String> unreachable() {
        SocketFile made = file;
        return made == null || made.isInPlace()
                ? Optional.empty()
                : Optional.of(
                        "%s has been removed or replaced by another program; restart the daemon"
                                .formatted(path));
    }
}
