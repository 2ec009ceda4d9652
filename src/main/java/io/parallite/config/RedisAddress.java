package io.parallite.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where Redis is: {@code rediss://[user:password@]host[:port][/database]}, the same with {@code
 * redis://} on loopback, or {@code unix://[user:password@]/path[?db=number]}.
 *
 * @param url all of it, with the password
 */
public record RedisAddress(String url, boolean isEncrypted) {

    /**
     * Parses an address.
     *
     * @throws IllegalArgumentException with what is wrong, but without the address, which may
     *     contain a password
     */
    public static RedisAddress parse(String url) {
        URI uri = uri(url);
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        switch (scheme) {
            case "rediss" -> host(uri);
            case "redis" -> {
                if (!isLoopback(host(uri))) {
                    throw new IllegalArgumentException(
                            "redis:// sends code and results in clear text, which is for loopback only");
                }
            }
            case "unix" -> {
                if (uri.getPath() == null || uri.getPath().length() < 2) {
                    throw new IllegalArgumentException("it names no socket");
                }
            }
            default -> throw new IllegalArgumentException("the scheme is none of these");
        }
        return new RedisAddress(url, scheme.equals("rediss"));
    }

    private static URI uri(String url) {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(
                    "%s at character %d; percent-encode what is special in user and password"
                            .formatted(e.getReason(), e.getIndex() + 1));
        }
    }

    private static String host(URI uri) {
        if (uri.getHost() == null) {
            throw new IllegalArgumentException(
                    "it names no host; percent-encode what is special in user and password");
        }
        return uri.getHost();
    }

    static boolean isLoopback(String host) {
        return host.equals("localhost")
                || host.equals("[::1]")
                || host.matches("127(\\.\\d{1,3}){3}");
    }

    /** The address without user and password. */
    public String described() {
        return url.replaceFirst("(?<=//)[^@/]*@", "");
    }

    /** What a log may hold. */
    @Override
    public String toString() {
        return described();
    }
}
