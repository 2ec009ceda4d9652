package io.parallite.cluster.store;

import io.parallite.config.RedisAddress;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the Redis of a cluster with the client of Vert.x. All connections belong to the event
 * loop of the thread that requests the first one.
 */
public final class RedisClient {

    /** A connection that has received nothing for so long counts as dead. */
    static final Duration SILENCE = Duration.ofSeconds(12);

    private static final Duration CONNECT = Duration.ofSeconds(5);

    /** The most unanswered requests on one connection. */
    private static final int MOST_UNANSWERED = 16 * 1024;

    private final Vertx vertx;
    private final RedisOptions options;
    private @Nullable Redis client;

    /** A client that has not connected yet. */
    public RedisClient(Vertx vertx, RedisAddress address, ClusterSettings.Encryption encryption) {
        this.vertx = vertx;
        this.options =
                new RedisOptions()
                        .setConnectionString(address.url())
                        .setPreferredProtocolVersion(ProtocolVersion.RESP3)
                        .setMaxWaitingHandlers(MOST_UNANSWERED)
                        .setPoolName("cluster")
                        .setNetClientOptions(netOptions(address, encryption));
    }

    /**
     * Opens a connection on the event loop of this client. All its events happen there, so no reply
     * comes before the call that has sent the request has returned.
     */
    public Future<RedisConnection> connect() {
        Redis known = client;
        if (known == null) {
            known = Redis.createClient(vertx, options);
            client = known;
        }
        return known.connect();
    }

    /** Closes all connections. */
    public void close() {
        if (client != null) {
            client.close();
        }
    }

    private static NetClientOptions netOptions(
            RedisAddress address, ClusterSettings.Encryption files) {
        NetClientOptions options =
                new NetClientOptions()
                        .setConnectTimeout((int) CONNECT.toMillis())
                        .setTcpNoDelay(true)
                        .setReadIdleTimeout((int) SILENCE.toSeconds())
                        .setIdleTimeoutUnit(TimeUnit.SECONDS);
        if (address.isEncrypted()) {
            options.setSsl(true).setHostnameVerificationAlgorithm("HTTPS");
            files.authorities()
                    .map(Path::toString)
                    .ifPresent(
                            file ->
                                    options.setTrustOptions(
                                            new PemTrustOptions().addCertPath(file)));
            if (files.certificate().isPresent() && files.key().isPresent()) {
                options.setKeyCertOptions(
                        new PemKeyCertOptions()
                                .addCertPath(files.certificate().get().toString())
                                .addKeyPath(files.key().get().toString()));
            }
        }
        return options;
    }
}
