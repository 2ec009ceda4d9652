package io.parallite.cluster;

import io.parallite.config.RedisAddress;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Makes the client of Vert.x for the Redis of a cluster. */
final class RedisClient {

    /** A connection is dead on which nothing has come for so long. */
    static final Duration SILENCE = Duration.ofSeconds(12);

    private static final Duration CONNECT = Duration.ofSeconds(5);

    /** More requests than these wait for no answer on one connection. */
    private static final int MOST_UNANSWERED = 16 * 1024;

    private RedisClient() {}

    /** A client that has not connected yet. */
    static Redis create(Vertx vertx, RedisAddress address, ClusterSettings.Encryption encryption) {
        RedisOptions options =
                new RedisOptions()
                        .setConnectionString(address.url())
                        .setPreferredProtocolVersion(ProtocolVersion.RESP3)
                        .setMaxWaitingHandlers(MOST_UNANSWERED)
                        .setPoolName("cluster")
                        .setNetClientOptions(netOptions(address, encryption));
        return Redis.createClient(vertx, options);
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
