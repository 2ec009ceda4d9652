package io.parallite.admin;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Bounds what a client of HTTP may hold without asking anything. How many there may be at a time,
 * and which of them has to go, is up to {@link ConnectionSlots}.
 */
@Singleton
final class HttpLimits implements HttpServerOptionsCustomizer {

    /**
     * How long a connection may go without an answer: idle ones, and those whose request comes byte
     * by byte. Longer than monitoring takes to come again, and than the page waits for a reload.
     */
    static final Duration PATIENCE = Duration.ofSeconds(150);

    private static final int HEADERS = 16 * 1024;

    /** How many connections wait for being accepted, so that a burst need not connect again. */
    private static final int BACKLOG = 1024;

    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        options.setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setIdleTimeout((int) PATIENCE.toSeconds())
                .setWriteIdleTimeout((int) PATIENCE.toSeconds())
                .setMaxHeaderSize(HEADERS)
                .setAcceptBacklog(BACKLOG)
                // else a connection counts from its first request on, which may never come
                .setHttp2ClearTextEnabled(false);
    }
}
