package io.parallite.admin;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The sender of a request, as its headers and its connection describe it.
 *
 * @param loopback whether the connection comes from this machine
 * @param host the name and port that the request was sent to, in the sender's notation
 * @param page the page that has sent it, where a browser did
 * @param forwarded whether a proxy states that it forwards another client's request
 * @param marked whether it has the header that pages of other sites cannot send without our
 *     permission
 * @param authorization the header of that name
 */
record Caller(
        boolean loopback,
        @Nullable String host,
        Page page,
        boolean forwarded,
        boolean marked,
        @Nullable String authorization) {

    /**
     * The headers by which a browser describes the page that sends a request; other clients send
     * neither.
     *
     * @param fetchSite the relation of that page to this site, see {@code Sec-Fetch-Site}
     */
    record Page(@Nullable String origin, @Nullable String fetchSite) {}

    static Caller of(HttpServerRequest request) {
        return new Caller(
                isLoopback(request.connection().remoteAddress()),
                host(request),
                new Page(request.getHeader("Origin"), request.getHeader("Sec-Fetch-Site")),
                request.getHeader("Forwarded") != null
                        || request.getHeader("X-Forwarded-For") != null
                        || request.getHeader("X-Real-IP") != null
                        || request.getHeader("Via") != null,
                request.getHeader(Access.MARK) != null,
                request.getHeader("Authorization"));
    }

    /** HTTP/2 carries the host in another field. */
    private static @Nullable String host(HttpServerRequest request) {
        HostAndPort authority =
                request.version() == HttpVersion.HTTP_2 ? request.authority() : null;
        return authority == null ? request.getHeader("Host") : authority.toString();
    }

    private static boolean isLoopback(SocketAddress address) {
        InetSocketAddress inet =
                address.isInetSocket()
                        ? new InetSocketAddress(address.hostAddress(), address.port())
                        : null;
        return inet != null && inet.getAddress() != null && inet.getAddress().isLoopbackAddress();
    }
}
