package io.parallite.tracing;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * Posts spans to a receiver: OTLP/HTTP in protobuf. Blocks; redirects are not followed, since they
 * would send the headers to another host.
 */
public final class OtlpHttp {

    private static final int OK = 200;
    private static final int MULTIPLE_CHOICES = 300;

    /** The statuses after which the protocol has a client retry. */
    private static final int TOO_MANY_REQUESTS = 429;

    private static final int BAD_GATEWAY = 502;
    private static final int UNAVAILABLE = 503;
    private static final int GATEWAY_TIMEOUT = 504;

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration READ = Duration.ofSeconds(10);

    /** The most bytes of a response that are read, so that the connection can be reused. */
    private static final int MOST_READ = 64 * 1024;

    private final URI url;
    private final Map<String, String> headers;
    private final String version;

    /**
     * A client of the receiver at {@code url}.
     *
     * @param version of this program, for the {@code User-Agent} header
     */
    public OtlpHttp(URI url, Map<String, String> headers, String version) {
        this.url = url;
        this.headers = headers;
        this.version = version;
    }

    URI url() {
        return url;
    }

    /**
     * Posts an export request and waits for the answer.
     *
     * @return its status
     * @throws IOException when there is no response
     */
    public int post(byte[] body) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setConnectTimeout((int) CONNECT.toMillis());
        connection.setReadTimeout((int) READ.toMillis());
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(body.length);
        headers.forEach(connection::setRequestProperty);
        connection.setRequestProperty("Content-Type", "application/x-protobuf");
        connection.setRequestProperty("User-Agent", "parallite/" + version);
        try (var out = connection.getOutputStream()) {
            out.write(body);
        }
        int status = connection.getResponseCode();
        InputStream answer =
                status < HttpURLConnection.HTTP_BAD_REQUEST
                        ? connection.getInputStream()
                        : connection.getErrorStream();
        if (answer != null) {
            try (answer) {
                answer.readNBytes(MOST_READ);
            }
        }
        return status;
    }

    /** Whether this status says that the spans were accepted. */
    public static boolean isTaken(int status) {
        return status >= OK && status < MULTIPLE_CHOICES;
    }

    /** Whether a request may be retried after this status. */
    static boolean isForLater(int status) {
        return status == TOO_MANY_REQUESTS
                || status == BAD_GATEWAY
                || status == UNAVAILABLE
                || status == GATEWAY_TIMEOUT;
    }
}
