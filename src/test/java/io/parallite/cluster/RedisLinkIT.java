package io.parallite.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.config.RedisAddress;
import io.parallite.engine.VertxEngine;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** A link that loses its connections to a real Redis. */
final class RedisLinkIT {

    /** Its connections are closed by Redis before anybody has them. */
    private record ClosedAtFirst(RedisServer server, Redis client, AtomicInteger made)
            implements Redis {

        @Override
        public Future<RedisConnection> connect() {
            return client.connect()
                    .compose(
                            connection -> {
                                if (made.incrementAndGet() > 2) {
                                    return Future.succeededFuture(connection);
                                }
                                server.run("client", "kill", "type", "normal");
                                return connection
                                        .send(Request.cmd(Command.PING))
                                        .transform(failed -> Future.succeededFuture(connection));
                            });
        }

        @Override
        public void close() {
            client.close();
        }

        @Override
        public Future<io.vertx.redis.client.Response> send(Request command) {
            return client.send(command);
        }

        @Override
        public Future<java.util.List<io.vertx.redis.client.Response>> batch(
                java.util.List<Request> commands) {
            return client.batch(commands);
        }
    }

    @Test
    void connectsAgainWhenTheConnectionWasClosedAsItWasMade() {
        Vertx vertx = Vertx.vertx();
        try (RedisServer server = RedisServer.start()) {
            Redis client =
                    RedisClient.create(
                            vertx,
                            RedisAddress.parse(server.url()),
                            new ClusterSettings.Encryption(
                                    Optional.empty(), Optional.empty(), Optional.empty()));
            AtomicInteger made = new AtomicInteger();
            AtomicInteger ups = new AtomicInteger();
            RedisLink link =
                    new RedisLink(
                            new VertxEngine(vertx),
                            new ClosedAtFirst(server, client, made),
                            "a test",
                            RandomGenerator.getDefault(),
                            ups::incrementAndGet,
                            message -> {});

            link.open();

            await().untilAsserted(() -> assertThat(ups).hasValue(1));
            assertThat(made).hasValue(3);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }
}
