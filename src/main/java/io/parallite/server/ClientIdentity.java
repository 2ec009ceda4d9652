package io.parallite.server;

import io.parallite.engine.LibC;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.OptionalInt;

/**
 * The identity of a client, common to all its connections: {@code uid:1000} on a domain socket,
 * {@code token:NAME} where it has shown a token, else {@code address:10.0.0.7}.
 *
 * @param text as it is shown; printable
 * @param isOwn whether it is a process of the daemon's own user: workers are
 */
record ClientIdentity(String text, boolean isOwn) {

    /** The identity of a client that has sent the token of this name. */
    static ClientIdentity ofToken(String name) {
        return new ClientIdentity("token:" + name, false);
    }

    /** The identity of the peer of {@code socket}, which has sent no token. */
    static ClientIdentity of(NetSocket socket) {
        OptionalInt user = AllowedUsers.user(socket);
        if (user.isPresent()) {
            return new ClientIdentity(
                    "uid:" + Integer.toUnsignedString(user.getAsInt()),
                    user.getAsInt() == LibC.effectiveUser());
        }
        SocketAddress address = socket.remoteAddress();
        return address == null || address.isDomainSocket()
                ? new ClientIdentity("local", true) // this platform does not tell users apart
                : new ClientIdentity("address:" + address.hostAddress(), false);
    }
}
