package io.parallite.it;

import io.parallite.wire.Encoding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The HTTP side of a daemon: a port that was free, and requests to it. */
record Http(int port) {

    static {
        // A test sends what a browser's page or a proxy would; the client forbids some of it.
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host,via");
    }

    /** A port that nobody listens on, for a daemon that is yet to be started. */
    static Http onFreePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return new Http(socket.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The flag that has a daemon serve here. */
    String flag() {
        return "--http-port=" + port;
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** What {@code GET path} answers; {@code headers} are names and values in turn. */
    Answer get(String path, String... headers) {
        return send("GET", path, headers);
    }

    Answer post(String path, String... headers) {
        return send("POST", path, headers);
    }

    /** The status of {@code GET path}; -1 when nobody answers. */
    int status(String path) {
        try {
            return get(path).status();
        } catch (UncheckedIOException e) {
            return -1;
        }
    }

    private Answer send(String method, String path, String... headers) {
        return send(Version.HTTP_1_1, method, path, headers);
    }

    /** The same over another version of HTTP. */
    Answer send(Version version, String method, String path, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri(path))
                        .version(version)
                        .method(method, BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            return new Answer(client.send(request.build(), BodyHandlers.ofString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    /** What the daemon answered. */
    record Answer(HttpResponse<String> response) {

        int status() {
            return response.statusCode();
        }

        String body() {
            return response.body();
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        Map<String, Object> json() {
            byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
            byte[] frame =
                    ByteBuffer.allocate(4 + body.length).putInt(body.length).put(body).array();
            return Encoding.JSON.decodeAll(frame);
        }
    }
}
