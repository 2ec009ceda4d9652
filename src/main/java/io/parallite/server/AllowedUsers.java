package io.parallite.server;

import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import io.parallite.config.ConfigException;
import io.parallite.config.Setting;
import io.parallite.config.SystemUser;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketInternal;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The users who may connect to a domain socket, by the credentials that the kernel has of a peer.
 *
 * <p>The daemon's own user and root always may: they could trace the daemon. Any thread.
 */
final class AllowedUsers {

    private final Set<Integer> allowed;

    private AllowedUsers(Set<Integer> allowed) {
        this.allowed = allowed;
    }

    /**
     * Users by name or number; an empty list allows all users.
     *
     * @param isReported whether sockets report the peer's user: Netty's own do, the JDK's do not
     * @throws ConfigException when there is no user of a name, or users cannot be looked up
     */
    static AllowedUsers of(List<String> names, boolean isReported) {
        if (!names.isEmpty() && !isReported) {
            throw new ConfigException(
                    "allow_users is set, but this platform does not report which user connects; use socket_group, or leave it out");
        }
        Set<Integer> allowed = new HashSet<>();
        for (String name : names) {
            allowed.add(SystemUser.uid(Setting.ALLOW_USERS, name));
        }
        if (!allowed.isEmpty()) {
            allowed.add(0);
            allowed.add(SystemUser.own(Setting.ALLOW_USERS));
        }
        return new AllowedUsers(allowed);
    }

    /** Why the user at the other end may not connect; {@code null} when it may. */
    @Nullable String objectionTo(NetSocket socket) {
        if (allowed.isEmpty()) {
            return null;
        }
        try {
            PeerCredentials peer = credentials(socket);
            return allowed.contains(peer.uid())
                    ? null
                    : "user %d is not among allow_users (process %d)"
                            .formatted(peer.uid(), peer.pid());
        } catch (IOException e) {
            return "allow_users is set, and the user of this connection is unknown: "
                    + e.getMessage();
        }
    }

    /** What the kernel knows of the other end, for the log: made only when it is written. */
    static Object peer(NetSocket socket) {
        return new Object() {
            @Override
            public String toString() {
                try {
                    PeerCredentials peer = credentials(socket);
                    return "uid %d, pid %d".formatted(peer.uid(), peer.pid());
                } catch (IOException e) {
                    return String.valueOf(socket.remoteAddress()); // on TCP that is who it is
                }
            }
        };
    }

    /** The user of the peer; empty where the socket does not report it. */
    static OptionalInt user(NetSocket socket) {
        try {
            return OptionalInt.of(credentials(socket).uid());
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }

    private static PeerCredentials credentials(NetSocket socket) throws IOException {
        if (socket instanceof NetSocketInternal known
                && known.channelHandlerContext().channel()
                        instanceof EpollDomainSocketChannel epoll) {
            try {
                return epoll.peerCredentials();
            } catch (ChannelException e) { // the connection has been closed meanwhile
                throw new IOException(e.getMessage(), e);
            }
        }
        throw new IOException("the sockets of this platform do not tell");
    }
}
