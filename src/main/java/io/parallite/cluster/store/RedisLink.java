package io.parallite.cluster.store;

import io.parallite.engine.Engine;
import io.parallite.engine.Guard;
import io.smallrye.mutiny.Uni;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A connection to Redis that reconnects when it is lost, after a {@link Backoff}.
 *
 * <p>Requests are not queued while it is down: they fail with {@link LinkDownException}, and the
 * owner decides what to repeat when {@code onUp} is called. A connection that receives nothing for
 * {@link RedisClient#SILENCE} counts as dead, so the owner sends requests at shorter intervals.
 * Owned by the engine's thread.
 */
public final class RedisLink {

    private static final Logger LOG = Logger.getLogger(RedisLink.class);

    private final Engine engine;
    private final Supplier<Future<RedisConnection>> client;
    private final String purpose;
    private final Backoff backoff;
    private final Runnable onUp;
    private final Consumer<Response> onMessage;
    private @Nullable RedisConnection connection;
    private String problem = "not connected yet";
    private boolean closed;
    private boolean complained;

    /**
     * A link that is not open yet.
     *
     * @param client opens a connection on the event loop of the engine
     * @param purpose what it is for, in the log
     * @param onUp called each time a connection is open
     * @param onMessage receives the published messages
     */
    public RedisLink(
            Engine engine,
            Supplier<Future<RedisConnection>> client,
            String purpose,
            RandomGenerator random,
            Runnable onUp,
            Consumer<Response> onMessage) {
        this.engine = engine;
        this.client = client;
        this.purpose = purpose;
        this.backoff = new Backoff(random);
        this.onUp = onUp;
        this.onMessage = onMessage;
    }

    /** Connects, and again whenever the connection is lost. */
    public void open() {
        // a timer runs outside the context of Vert.x, which the connection is to belong to
        engine.execute(
                () -> {
                    if (!closed) {
                        client.get().onComplete(this::onConnect);
                    }
                });
    }

    private void onConnect(AsyncResult<RedisConnection> result) {
        if (result.failed()) {
            onDown(describe(result.cause()));
            return;
        }
        RedisConnection made = result.result();
        made.exceptionHandler(e -> onLost(made, describe(e)));
        made.endHandler(ended -> onLost(made, "the connection was closed"));
        made.handler(onMessage::accept);
        // one that was closed before it had these handlers would never say so
        made.send(Request.cmd(Command.PING)).onComplete(pong -> onAnswer(made, pong));
    }

    private void onAnswer(RedisConnection made, AsyncResult<Response> pong) {
        if (pong.failed() || closed) {
            made.close();
            onDown(describe(pong.cause()));
            return;
        }
        connection = made;
        backoff.reset();
        complained = false;
        LOG.debugf("connected to Redis for %s", purpose);
        Guard.run("using a connection to Redis", onUp);
    }

    @SuppressWarnings("ReferenceEquality") // connections are compared by identity
    private void onLost(RedisConnection lost, String why) {
        if (connection == lost) {
            connection = null;
            lost.close();
            onDown(why);
        }
    }

    private void onDown(String why) {
        problem = why;
        if (closed) {
            return;
        }
        LOG.logf(
                complained ? Logger.Level.DEBUG : Logger.Level.WARN,
                "Redis is not available for %s, connecting again: %s",
                purpose,
                why);
        complained = true;
        engine.schedule(backoff.next(), this::open);
    }

    static String describe(@Nullable Throwable e) {
        if (e == null) {
            return "for an unknown reason";
        }
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    /** Whether commands can be sent now. */
    public boolean isUp() {
        return connection != null;
    }

    /** Why it is down. */
    public String problem() {
        return problem;
    }

    /**
     * Sends {@code request} on subscription and gives the reply, never before the subscription has
     * returned. {@code null} is a valid reply of Redis. Fails with {@link LinkDownException}.
     */
    public Uni<@Nullable Response> send(Request request) {
        RedisConnection now = connection;
        if (now == null) {
            return Uni.createFrom().failure(new LinkDownException(problem));
        }
        return Uni.createFrom()
                .<@Nullable Response>emitter(
                        emitter ->
                                engine.dispatch(
                                        () ->
                                                now.send(request)
                                                        .onSuccess(emitter::complete)
                                                        .onFailure(emitter::fail)));
    }

    /** Drops the connection and reconnects; pending requests fail. */
    public void reset(String why) {
        RedisConnection now = connection;
        if (now != null) {
            onLost(now, why);
        }
    }

    /** Closes the connection, and opens it no more. */
    public void close() {
        closed = true;
        RedisConnection now = connection;
        connection = null;
        if (now != null) {
            now.close();
        }
    }
}
