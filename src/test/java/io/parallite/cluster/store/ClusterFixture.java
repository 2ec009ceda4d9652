package io.parallite.cluster.store;

import io.parallite.config.RedisAddress;
import io.parallite.engine.VertxEngine;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.Terms;
import io.parallite.wire.TestFrames;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Stores of several nodes on one real Redis, called from the test's thread. */
public final class ClusterFixture implements AutoCloseable {

    static final Duration VALID = Duration.ofMinutes(10);

    /** A lease that has run out as soon as it is looked at. */
    static final Duration NOT_VALID = Duration.ofMillis(1);

    private final Vertx vertx = Vertx.vertx();
    public final VertxEngine engine = new VertxEngine(vertx);
    final RedisServer redis;

    public ClusterFixture(RedisServer redis) {
        this.redis = redis;
    }

    public ClusterSettings settings(String release, int maxQueue) {
        return settings(release, maxQueue, "a secret that is long enough");
    }

    public ClusterSettings settings(String release, int maxQueue, String secret) {
        return new ClusterSettings(
                RedisAddress.parse(redis.url()),
                new ClusterSettings.Encryption(
                        Optional.empty(), Optional.empty(), Optional.empty()),
                "test",
                release,
                Duration.ofMillis(100),
                maxQueue,
                64 * 1024,
                0,
                LeaseTimes.usual(),
                new Signer(secret.getBytes(StandardCharsets.UTF_8), "test"));
    }

    /** A node that is connected, and alive for {@link #VALID}. */
    public TaskStore node(String name) {
        return node(name, settings("r1", 100));
    }

    public TaskStore node(String name, ClusterSettings settings) {
        TaskStore store =
                new TaskStore(new Scripts(link(settings), settings.prefix()), settings, name);
        await(() -> store.heartbeat(VALID, Map.of("host", "here"), List.of()));
        return store;
    }

    /** What tasks tell, as a node of this name sees it. */
    EventStore events(String name) {
        ClusterSettings settings = settings("r1", 100);
        return new EventStore(
                new Scripts(link(settings), settings.prefix()), settings.signer(), name);
    }

    /** The messages to tasks, as a node of this name sees them. */
    MessageStore messages(String name) {
        ClusterSettings settings = settings("r1", 100);
        return new MessageStore(
                new Scripts(link(settings), settings.prefix()), settings.signer(), name);
    }

    /** A connection that has yet to be opened; {@code onUp} is called when it is there. */
    public RedisLink closedLink(ClusterSettings settings, Runnable onUp) {
        return new RedisLink(
                engine,
                new RedisClient(vertx, settings.redis(), settings.encryption())::connect,
                "a test",
                RandomGenerator.getDefault(),
                onUp,
                message -> {});
    }

    RedisLink link(ClusterSettings settings) {
        CountDownLatch up = new CountDownLatch(1);
        RedisLink link = closedLink(settings, up::countDown);
        link.open();
        try {
            if (!up.await(1, TimeUnit.MINUTES)) {
                throw new AssertionError("no connection: " + link.problem());
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return link;
    }

    /** What comes of {@code asked}, which is called on the engine's thread. */
    public <T> T await(Supplier<Uni<T>> asked) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        engine.execute(
                () ->
                        asked.get()
                                .subscribe()
                                .with(answer::complete, answer::completeExceptionally));
        try {
            return answer.orTimeout(1, TimeUnit.MINUTES).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException known) {
                throw known;
            }
            throw e;
        }
    }

    public static Task detached(String id) {
        return task(id, "x", true, Terms.USUAL);
    }

    static Task task(String id, String payload, boolean detached, Terms terms) {
        byte[] frame = TestFrames.json("{'task_id':'%s','payload':'%s'}".formatted(id, payload));
        return new Task(new TaskId(id), frame, payload.hashCode(), null, detached, terms);
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
