package io.parallite.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where an OTLP receiver is: {@code http[s]://host[:port][/path]}, to which {@code /v1/traces} is
 * added.
 */
public record OtelEndpoint(URI base) {

    private static final String TRACES = "/v1/traces";

    /**
     * Parses an address.
     *
     * @throws IllegalArgumentException with what is wrong, but without the address, which may
     *     contain a password by mistake
     */
    public static OtelEndpoint parse(String url) {
        URI uri = uri(url);
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("the scheme is neither http nor https");
        }
        if (uri.getHost() == null) {
            throw new IllegalArgumentException("it names no host");
        }
        if (uri.getUserInfo() != null) {
            throw new IllegalArgumentException("it holds a user; otel_headers are for secrets");
        }
        if (uri.getQuery() != null || uri.getFragment() != null) {
            throw new IllegalArgumentException("it holds a ? or a #");
        }
        return new OtelEndpoint(uri);
    }

    private static URI uri(String url) {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(
                    "%s at character %d".formatted(e.getReason(), e.getIndex() + 1));
        }
    }

    /** Where spans are sent. */
    public URI traces() {
        String text = base.toString();
        return URI.create(
                (text.endsWith("/") ? text.substring(0, text.length() - 1) : text) + TRACES);
    }

    /** Whether the connection is encrypted, or stays on this machine. */
    boolean isPrivate() {
        return "https".equalsIgnoreCase(base.getScheme())
                || RedisAddress.isLoopback(base.getHost());
    }
}
