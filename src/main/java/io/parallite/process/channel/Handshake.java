package io.parallite.process.channel;

import io.parallite.engine.Engine;
import io.parallite.wire.Encoding;
import io.parallite.wire.FrameReader;
import io.parallite.wire.RequestException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The handshake on a connection to the workers' socket: the worker sends a hello with its token,
 * and if it supports pings, it must answer one, which shows that its loop runs.
 *
 * <p>A connection that does not begin with the hello of an expected worker is closed. The caller
 * limits the time for the answer to the ping. Owned by the engine's thread.
 */
public final class Handshake implements FrameReader.Sink {

    private static final Logger LOG = Logger.getLogger(Handshake.class);

    /** The feature of workers that answer pings. */
    private static final String PING = "ping";

    private static final int MAX_BODY = 64 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Somebody who waits for a worker. */
    public interface Host {
        /** The worker has said hello and is asked to answer a ping. */
        void onAsked();

        /** The worker is ready. */
        void onConnected(Connected connected);
    }

    /**
     * A worker's connection.
     *
     * @param features what the worker can do beyond running tasks
     * @param hasAnswered whether it has answered a ping; one that cannot be asked has not
     */
    public record Connected(NetSocket socket, Set<String> features, boolean hasAnswered) {}

    private final NetSocket socket;
    private final Function<String, @Nullable Host> hosts;
    private final Engine.Timer impatience;
    private final String echo = UUID.randomUUID().toString();
    private @Nullable Host host;
    private Set<String> features = Set.of();
    private boolean done;

    /**
     * Listens to a connection that has just been made.
     *
     * @param hosts who waits for the worker with a token; {@code null} when nobody does
     */
    @SuppressWarnings("deprecation") // frames are read from Netty's buffers
    public Handshake(Engine engine, NetSocket socket, Function<String, @Nullable Host> hosts) {
        this.socket = socket;
        this.hosts = hosts;
        this.impatience = engine.schedule(PATIENCE, socket::close);
        FrameReader frames = new FrameReader(MAX_BODY, this);
        socket.exceptionHandler(e -> LOG.debugf("worker connection: %s", e.getMessage()));
        socket.closeHandler(ignored -> impatience.cancel());
        socket.handler(bytes -> frames.feed(bytes.getByteBuf()));
    }

    @Override
    public void onFrame(byte[] frame) {
        if (host == null) {
            onHello(Hello.of(frame));
        } else if (!done && isEcho(frame)) {
            finish(host, true);
        } else {
            LOG.warn("a worker has not answered a ping as expected and is rejected");
            socket.close();
        }
    }

    @Override
    public boolean onOversize(long length, byte[] seen) {
        socket.close();
        return false;
    }

    private void onHello(Hello hello) {
        impatience.cancel();
        Host waiting = hosts.apply(hello.token());
        if (waiting == null) {
            LOG.warn("a connection to the worker socket has no valid token and is closed");
            socket.close();
            return;
        }
        host = waiting;
        features = hello.features();
        if (features.contains(PING)) {
            waiting.onAsked();
            socket.write(Buffer.buffer(Encoding.JSON.encode(Map.of("type", PING, "echo", echo))));
        } else {
            finish(waiting, false);
        }
    }

    private boolean isEcho(byte[] frame) {
        try {
            Map<String, Object> fields = Encoding.of(frame).decodeAll(frame);
            return "pong".equals(fields.get("type")) && echo.equals(fields.get("echo"));
        } catch (RequestException e) {
            return false;
        }
    }

    private void finish(Host waiting, boolean hasAnswered) {
        done = true;
        waiting.onConnected(new Connected(socket, features, hasAnswered));
    }
}
