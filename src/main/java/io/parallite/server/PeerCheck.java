package io.parallite.server;

import io.parallite.config.SocketAccess;
import io.parallite.engine.VertxEngine;
import io.vertx.core.net.NetSocket;
import org.jboss.logging.Logger;

/** Admits those who connect to a domain socket and may. Owned by the engine's thread. */
final class PeerCheck {

    private static final Logger LOG = Logger.getLogger(PeerCheck.class);

    private final VertxEngine engine;
    private final String name;
    private final AllowedUsers allowed;
    private final Listener.Clients clients;

    /**
     * @param name of the socket, for the log
     * @throws io.parallite.config.ConfigException when there is no such user
     */
    PeerCheck(VertxEngine engine, String name, SocketAccess access, Listener.Clients clients) {
        this.engine = engine;
        this.name = name;
        this.allowed = AllowedUsers.of(access.users(), engine.vertx().isNativeTransportEnabled());
        this.clients = clients;
    }

    void onConnect(NetSocket socket) {
        LOG.debugf("a client connects socket=%s peer=%s", name, AllowedUsers.peer(socket));
        String objection = allowed.objectionTo(socket);
        if (objection == null) {
            var _ = clients.admit(socket, ClientIdentity.of(socket));
        } else {
            LOG.warnf("a client is refused socket=%s: %s", name, objection);
            Gate.refuse(engine, socket, objection);
        }
    }
}
