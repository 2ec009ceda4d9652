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
 * @param host the name and port that it was sent to, as the sender has them
 * @param page the page that sends it, where a browser does
 * @param forwarded whether a proxy says that it passes on another's request
 * @param marked whether it has the header that pages elsewhere cannot send without our consent
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
     * What a browser says of the page that sends a request; other clients leave both out.
     *
     * @param fetchSite how that page is related to us, as {@code Sec-Fetch-Site} names it
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

    /** HTTP/2 has no header of that name, but says the same. */
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
