package io.parallite.process.channel;

import io.parallite.engine.Engine;
import io.parallite.engine.Threads;
import io.vertx.core.Handler;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What a process writes to a pipe, as a stream of Vert.x: chunks of up to {@value #CHUNK} bytes.
 *
 * <p>Pipes of the JDK block, so a thread of its own reads, at most {@value #CHUNKS_AHEAD} chunks
 * ahead of their being handled. It flows from {@link #start} on. Owned by the engine's thread, on
 * which all handlers are called.
 */
final class PipeReadStream implements ReadStream<byte[]> {

    static final int CHUNK = 64 * 1024;
    static final int CHUNKS_AHEAD = 8;

    private final Engine engine;
    private final InputStream pipe;
    private final Semaphore ahead = new Semaphore(CHUNKS_AHEAD);
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private @Nullable Handler<byte[]> handler;
    private @Nullable Handler<Void> endHandler;
    private @Nullable Handler<Throwable> exceptionHandler;
    private long demand = Long.MAX_VALUE;
    private long received;
    private boolean ended;

    PipeReadStream(Engine engine, InputStream pipe) {
        this.engine = engine;
        this.pipe = pipe;
    }

    /**
     * Starts to read.
     *
     * @throws OutOfMemoryError when there can be no further thread
     */
    void start(String name) {
        Threads.startDaemon(name, this::read);
    }

    /** How many bytes have come, handled or not. */
    long received() {
        return received;
    }

    private void read() {
        byte[] room = new byte[CHUNK];
        try (pipe) {
            for (int n = pipe.read(room); n >= 0; n = pipe.read(room)) {
                byte[] chunk = Arrays.copyOf(room, n);
                ahead.acquireUninterruptibly();
                engine.execute(() -> onChunk(chunk));
            }
            engine.execute(() -> onEnd(null));
        } catch (IOException e) {
            engine.execute(() -> onEnd(e));
        }
    }

    private void onChunk(byte[] chunk) {
        received += chunk.length;
        chunks.add(chunk);
        flow();
    }

    private void onEnd(@Nullable IOException failure) {
        ended = true;
        Handler<Throwable> onFailure = exceptionHandler;
        if (failure != null && onFailure != null) {
            onFailure.handle(failure);
        }
        flow();
    }

    private void flow() {
        while (demand > 0 && !chunks.isEmpty()) {
            if (demand != Long.MAX_VALUE) {
                demand--;
            }
            ahead.release();
            byte[] chunk = chunks.remove();
            if (handler != null) {
                handler.handle(chunk);
            }
        }
        Handler<Void> onEnd = endHandler;
        if (ended && chunks.isEmpty() && onEnd != null) {
            endHandler = null;
            onEnd.handle(null);
        }
    }

    @Override
    public PipeReadStream handler(@Nullable Handler<byte[]> chunkHandler) {
        handler = chunkHandler;
        return this;
    }

    @Override
    public PipeReadStream pause() {
        demand = 0;
        return this;
    }

    @Override
    public PipeReadStream resume() {
        return fetch(Long.MAX_VALUE);
    }

    @Override
    public PipeReadStream fetch(long amount) {
        demand = demand + amount < 0 ? Long.MAX_VALUE : demand + amount;
        flow();
        return this;
    }

    @Override
    public PipeReadStream endHandler(@Nullable Handler<Void> end) {
        endHandler = end;
        return this;
    }

    @Override
    public PipeReadStream exceptionHandler(@Nullable Handler<Throwable> failure) {
        exceptionHandler = failure;
        return this;
    }
}
