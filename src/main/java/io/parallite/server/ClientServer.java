package io.parallite.server;

import io.parallite.config.ListenAddress;
import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Offload;
import io.parallite.engine.VertxEngine;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The listening socket that PHP programs connect to, and the sessions of those that have.
 *
 * <p>Owned by the engine's thread.
 */
public final class ClientServer {

    private static final Logger LOG = Logger.getLogger(ClientServer.class);

    private static final int BACKLOG = 1024;

    /** How often it is looked whether clients find the socket. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final VertxEngine engine;
    private final ListenAddress address;
    private final Services services;
    private final AcceptLimit limit;
    private final StallWatch stalls;
    private final Set<ClientSession> sessions = new LinkedHashSet<>();
    private boolean toldFull;

    /**
     * One, and another for each time that the socket was opened anew: closing one would close its
     * connections.
     */
    private final List<NetServer> servers = new ArrayList<>();

    private SocketFile.Place lastSeen = SocketFile.Place.OURS;
    private volatile @Nullable SocketFile socketFile;
    private long accepted;
    private final Traffic traffic = new Traffic();
    private boolean listening;
    private Runnable onStopAsked = () -> {};
    private boolean stopping;
    private @Nullable Runnable onNoSessions;

    /** A server that does not listen yet. */
    public ClientServer(
            VertxEngine engine,
            ListenAddress address,
            Dispatcher dispatcher,
            Figures figures,
            SessionSettings settings,
            ClientBudget budget) {
        this.engine = engine;
        this.address = address;
        this.limit = new AcceptLimit(settings.maxConnections());
        this.stalls =
                new StallWatch(engine, settings.frameTimeout(), budget, sessions, limit::isFull);
        budget.onContended(stalls::arm);
        Offload offload = new Offload(engine);
        this.services =
                new Services(
                        engine,
                        offload,
                        dispatcher,
                        figures,
                        new TaskLists(engine, offload, dispatcher),
                        budget,
                        traffic,
                        settings,
                        () -> onStopAsked.run());
    }

    /** What to do when a client asks the daemon to stop; on the engine's thread. */
    public void onStopAsked(Runnable action) {
        onStopAsked = action;
    }

    /**
     * Starts to accept connections.
     *
     * <p>Fails with a {@link ListenException} when the address is taken or cannot be used. Engine
     * thread.
     */
    public Uni<Void> listen() {
        return switch (address) {
            case ListenAddress.Unix(var path) -> {
                SocketFile file = SocketFile.claim(path);
                socketFile = file;
                yield listenAt(file)
                        .onFailure()
                        .invoke(file::abandon)
                        .invoke(() -> engine.schedule(LOOK, () -> look(file)));
            }
            case ListenAddress.Tcp(String host, int port) ->
                    listenOn(newServer(), SocketAddress.inetSocketAddress(port, host));
        };
    }

    private NetServer newServer() {
        NetServer opened =
                engine.vertx().createNetServer(new NetServerOptions().setAcceptBacklog(BACKLOG));
        servers.add(opened);
        opened.connectHandler(this::onConnect);
        opened.exceptionHandler(e -> LOG.debugf("cannot accept: %s", e.getMessage()));
        return opened;
    }

    private Uni<Void> listenAt(SocketFile file) {
        return listenOn(newServer(), SocketAddress.domainSocketAddress(file.bindPath().toString()))
                .invoke(file::publish);
    }

    /** A removed socket is opened anew; one that another program has replaced is left to it. */
    private void look(SocketFile file) {
        if (stopping) {
            return;
        }
        engine.schedule(LOOK, () -> look(file));
        SocketFile.Place place = file.place();
        if (place == lastSeen) {
            return;
        }
        lastSeen = place;
        switch (place) {
            case OURS -> LOG.infof("clients find the socket again socket=%s", address);
            case ANOTHERS ->
                    LOG.errorf(
                            "the socket was replaced by another program: clients do not find this daemon, restart it socket=%s",
                            address);
            case NOTHING -> reopen(file); // once: a second loss is seen when it was back
        }
    }

    private void reopen(SocketFile file) {
        LOG.warnf("the socket was removed and is opened anew socket=%s", address);
        try {
            file.prepare();
            listenAt(file)
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

    private Uni<Void> listenOn(NetServer opened, SocketAddress where) {
        return Uni.createFrom()
                .completionStage(() -> opened.listen(where).toCompletionStage())
                .invoke(() -> listening = true)
                .onFailure()
                .transform(
                        e ->
                                new ListenException(
                                        "cannot listen on %s: %s"
                                                .formatted(address, e.getMessage())))
                .replaceWithVoid();
    }

    private void onConnect(NetSocket socket) {
        limit.onConnect(socket);
        if (stopping) {
            socket.close();
            return;
        }
        ClientSession session =
                new ClientSession(
                        socket, services, LineBuffers.sizeFor(sessions.size()), stalls::arm);
        sessions.add(session);
        accepted++;
        if (limit.isFull()) {
            onFull();
        }
        socket.closeHandler(ignored -> onClosed(session));
    }

    private void onClosed(ClientSession session) {
        sessions.remove(session);
        session.onClosed();
        if (sessions.isEmpty() && onNoSessions != null) {
            onNoSessions.run();
        }
    }

    private void onFull() {
        stalls.arm();
        if (!toldFull) {
            toldFull = true;
            LOG.warnf(
                    "%d clients are connected, the most for which there are descriptors and memory; others wait; raise the limit of open files (ulimit -n) or -Xmx",
                    sessions.size());
        }
    }

    /** How many connections there have been. */
    public long accepted() {
        return accepted;
    }

    /** How many connections are open. */
    public int connected() {
        return sessions.size();
    }

    /** Accepts no more connections and removes the socket file; sessions go on. */
    public void stopAccepting() {
        stopping = true;
        removeSocketFile();
    }

    /** Removes the socket file, if there is one. Any thread. */
    public void removeSocketFile() {
        SocketFile file = socketFile;
        if (file != null) {
            file.remove();
        }
    }

    /** Closes the listening socket and, as Vert.x does, what connections are left on it. */
    private void close() {
        servers.forEach(NetServer::close);
        servers.clear();
    }

    /** Closes each session once its last reply is written; {@code whenGone} follows the last. */
    public void endSessions(Runnable whenGone) {
        onNoSessions =
                () -> {
                    onNoSessions = null;
                    close();
                    whenGone.run();
                };
        for (ClientSession session : new ArrayList<>(sessions)) {
            session.end();
        }
        if (sessions.isEmpty() && onNoSessions != null) {
            onNoSessions.run();
        }
    }

    /** Why a new client cannot connect; empty when it can. */
    public Optional<String> unreachable() {
        if (stopping) {
            return Optional.of("the daemon is stopping");
        }
        SocketFile file = socketFile;
        if (!listening) {
            return Optional.of("the socket is not open yet");
        }
        return file == null || file.isInPlace()
                ? Optional.empty()
                : Optional.of(
                        "%s has been removed or replaced by another program; restart the daemon"
                                .formatted(address));
    }

    /** What clients have sent and got. */
    public Traffic.Totals traffic() {
        return traffic.totals();
    }

    /** How many clients are connected. */
    public int sessions() {
        return sessions.size();
    }
}
