package io.parallite.cluster.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.config.RedisAddress;
import io.parallite.engine.VertxEngine;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A link that loses its connections to a real Redis. */
final class RedisLinkIT {

    private final Vertx vertx = Vertx.vertx();
    private final VertxEngine engine = new VertxEngine(vertx);
    private final RedisServer server = RedisServer.start();
    private final RedisClient client =
            new RedisClient(
                    vertx,
                    RedisAddress.parse(server.url()),
                    new ClusterSettings.Encryption(
                            Optional.empty(), Optional.empty(), Optional.empty()));

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
        server.close();
    }

    private RedisLink link(Supplier<Future<RedisConnection>> connections, Runnable onUp) {
        return new RedisLink(
                engine, connections, "a test", RandomGenerator.getDefault(), onUp, message -> {});
    }

    /** A connection, of which the first two are closed by Redis before anybody has them. */
    private Future<RedisConnection> closedAtFirst(AtomicInteger made) {
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

    @Test
    void connectsAgainWhenTheConnectionWasClosedAsItWasMade() {
        AtomicInteger made = new AtomicInteger();
        AtomicInteger ups = new AtomicInteger();

        link(() -> closedAtFirst(made), ups::incrementAndGet).open();

        await().untilAsserted(() -> assertThat(ups).hasValue(1));
        assertThat(made).hasValue(3);
    }

    @Test
    void tellsEachReplyOnTheEnginesThreadAndNeverBeforeItsRequestHasReturned() {
        List<String> wrong = new CopyOnWriteArrayList<>();
        AtomicInteger replies = new AtomicInteger();
        CompletableFuture<RedisLink> up = new CompletableFuture<>();
        RedisLink link = link(client::connect, () -> up.complete(null));
        link.open();
        up.join();

        engine.execute(() -> ping(link, 5_000, replies, wrong));

        await().until(() -> replies.get() == 5_000 || !wrong.isEmpty());
        assertThat(wrong).isEmpty();
    }

    /** So many requests, one after another. */
    private void ping(RedisLink link, int count, AtomicInteger replies, List<String> wrong) {
        AtomicBoolean returned = new AtomicBoolean();
        link.send(Request.cmd(Command.PING))
                .subscribe()
                .with(
                        reply -> {
                            if (!engine.isCurrent() || !returned.get()) {
                                wrong.add(Thread.currentThread() + " returned: " + returned);
                            }
                            replies.incrementAndGet();
                            if (count > 1) { // from where timers run, and workers' frames come
                                engine.schedule(
                                        Duration.ZERO, () -> ping(link, count - 1, replies, wrong));
                            }
                        },
                        failure -> wrong.add(failure.toString()));
        for (int i = 0; i < 20_000; i++) {
            Thread.onSpinWait(); // time for a reply that comes on another thread
        }
        returned.set(true);
    }
}
