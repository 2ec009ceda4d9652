package io.parallite.tracing;

import io.parallite.config.ConfigException;
import io.parallite.config.OtelEndpoint;
import io.parallite.config.ParalliteConfig;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The settings of tracing: the receiver of spans, and the share of sampled traces.
 *
 * @param url to which spans are posted
 * @param headers that are sent along; may be secret
 * @param serviceName what the daemon is called in traces
 * @param sampleRatio share of the traces that begin here which are recorded, 0 to 1
 * @param maxPayload bytes of the longest request that a worker takes
 */
public record TracingSettings(
        URI url,
        Map<String, String> headers,
        String serviceName,
        double sampleRatio,
        int maxPayload) {

    /**
     * The settings in {@code config}.
     *
     * @throws ConfigException when a header cannot be sent; the daemon does not start
     */
    public static TracingSettings of(ParalliteConfig config) {
        String endpoint =
                config.otelEndpoint()
                        .orElseThrow(() -> new IllegalStateException("otel_endpoint is not set"));
        return new TracingSettings(
                OtelEndpoint.parse(endpoint).traces(),
                config.otelHeaders().map(TracingSettings::headers).orElse(Map.of()),
                config.otelServiceName(),
                config.otelSampleRatio(),
                config.maxPayloadBytes());
    }

    static Map<String, String> headers(String text) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (String pair : text.split(",", -1)) {
            int equals = pair.indexOf('=');
            headers.put(pair.substring(0, equals).strip(), decoded(pair.substring(equals + 1)));
        }
        return headers;
    }

    private static String decoded(String value) {
        String text;
        try {
            text = URLDecoder.decode(value.strip().replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("otel_headers=*** has a % that two digits do not follow");
        }
        if (!text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new ConfigException("otel_headers=*** is not in printable ASCII");
        }
        return text;
    }

    @Override
    public String toString() {
        return "TracingSettings " + url; // without the headers, which may be secret
    }
}
