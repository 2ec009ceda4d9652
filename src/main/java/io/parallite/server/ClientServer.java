package io.parallite.server;

import io.parallite.config.ListenAddress;
import io.parallite.config.ListenSettings;
import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Offload;
import io.parallite.engine.VertxEngine;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.NetSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that PHP programs connect to, and the sessions of those that have.
 *
 * <p>Owned by the engine's thread.
 */
public final class ClientServer implements Listener.Clients {

    private static final Logger LOG = Logger.getLogger(ClientServer.class);

    /** The part of the connections that clients on TCP have, where there are others. */
    private static final int TCP_SHARE = 4;

    private final Services services;
    private final Quotas quotas;
    private final StallWatch stalls;
    private final List<Listener> listeners;
    private final Set<ClientSession> sessions = new LinkedHashSet<>();
    private boolean toldFull;
    private long accepted;
    private final Traffic traffic = new Traffic();
    private boolean listening;
    private Runnable onStopAsked = () -> {};
    private boolean stopping;
    private @Nullable Runnable onNoSessions;

    /** A server that does not listen yet. */
    public ClientServer(
            VertxEngine engine,
            ListenSettings where,
            Dispatcher dispatcher,
            Figures figures,
            SessionSettings settings,
            ClientBudget budget) {
        Offload offload = new Offload(engine);
        this.listeners = listeners(engine, offload, where, settings.maxConnections());
        this.stalls =
                new StallWatch(
                        engine,
                        settings.frameTimeout(),
                        budget,
                        sessions,
                        () -> listeners.stream().anyMatch(Listener::isFull));
        budget.onContended(stalls::arm);
        SharedValues shared =
                new SharedValues(engine, offload, settings.sharedValues(), settings.sharedBytes());
        figures.tellShared(shared::figures);
        this.quotas = new Quotas(engine, settings.quotas());
        figures.tellClients(() -> quotas.snapshot().figures());
        this.services =
                new Services(
                        engine,
                        offload,
                        dispatcher,
                        figures,
                        new TaskLists(engine, offload, dispatcher),
                        budget,
                        quotas,
                        shared,
                        traffic,
                        settings,
                        () -> onStopAsked.run());
    }

    /**
     * The connections there may be are shared out, so that no address can be kept busy by another.
     */
    private List<Listener> listeners(
            VertxEngine engine, Offload offload, ListenSettings where, int most) {
        List<ListenAddress> addresses = where.addresses();
        long onTcp = addresses.stream().filter(a -> !(a instanceof ListenAddress.Unix)).count();
        long onSockets = addresses.size() - onTcp;
        int forTcp = onSockets == 0 ? most : onTcp == 0 ? 0 : most / TCP_SHARE;
        int mostOfSocket = (int) ((most - forTcp) / Math.max(1, onSockets));
        int mostOfPort = (int) (forTcp / Math.max(1, onTcp));
        boolean isHandedOver =
                InheritedListener.isHandedOver(System.getenv(), ProcessHandle.current().pid());
        List<Listener> listeners = new ArrayList<>();
        for (ListenAddress address : addresses) {
            Listener listener =
                    address instanceof ListenAddress.Unix(Path path)
                            ? isHandedOver && listeners.isEmpty()
                                    ? new InheritedListener(
                                            engine, where.sockets(), this, mostOfSocket)
                                    : new UnixListener(
                                            engine, path, where.sockets(), this, mostOfSocket)
                            : new TcpListener(engine, offload, address, where, this, mostOfPort);
            listeners.add(listener);
        }
        return List.copyOf(listeners);
    }

    /** What to do when a client asks the daemon to stop; on the engine's thread. */
    public void onStopAsked(Runnable action) {
        onStopAsked = action;
    }

    /**
     * Starts to accept connections: at the first address last, so that all are open once the first
     * one is.
     *
     * <p>Fails with a {@link ListenException} when one is taken or cannot be used. Engine thread.
     */
    public Uni<Void> listen() {
        Uni<Void> all =
                Uni.createFrom().voidItem().invoke(() -> listeners.forEach(Listener::claim));
        for (Listener listener : listeners.reversed()) {
            all = all.chain(listener::listen);
        }
        return all.invoke(() -> listening = true).onFailure().invoke(this::stopListening);
    }

    private void stopListening() {
        listeners.forEach(Listener::stop);
        listeners.forEach(Listener::close);
    }

    @Override
    public ClientSession admit(NetSocket socket, ClientIdentity who) {
        ClientSession session =
                new ClientSession(
                        socket, who, services, LineBuffers.sizeFor(sessions.size()), stalls::arm);
        sessions.add(session);
        accepted++;
        socket.closeHandler(ignored -> onClosed(session));
        return session;
    }

    private void onClosed(ClientSession session) {
        sessions.remove(session);
        session.onClosed();
        if (sessions.isEmpty() && onNoSessions != null) {
            onNoSessions.run();
        }
    }

    @Override
    public void onFull() {
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

    /** Accepts no more connections and removes the socket files; sessions go on. */
    public void stopAccepting() {
        stopping = true;
        listeners.forEach(Listener::stop);
    }

    /** Removes the socket files, if there are any. Any thread. */
    public void removeSocketFiles() {
        listeners.forEach(Listener::removeFile);
    }

    /** Closes each session once its last reply is written; {@code whenGone} follows the last. */
    public void endSessions(Runnable whenGone) {
        onNoSessions =
                () -> {
                    onNoSessions = null;
                    listeners.forEach(Listener::close);
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
        if (services.dispatcher().snapshot().draining()) {
            return Optional.of(ReadinessPolicy.DRAINING);
        }
        if (!listening) {
            return Optional.of("the socket is not open yet");
        }
        return listeners.stream().flatMap(listener -> listener.unreachable().stream()).findFirst();
    }

    /** Bounds clients by {@code settings} from now on. Engine thread. */
    public void configure(QuotaSettings settings) {
        quotas.configure(settings);
    }

    /** The connected clients, and their use of their quotas. */
    public QuotaSnapshot quotas() {
        return quotas.snapshot();
    }

    /** The traffic of all clients. */
    public Traffic.Totals traffic() {
        return traffic.totals();
    }

    /** How many clients are connected. */
    public int sessions() {
        return sessions.size();
    }
}
