package io.parallite.wire;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.WriteStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A stream that is full when it holds {@code capacity} bytes, until a test drains it. */
final class FakeStream implements WriteStream<Buffer> {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<Integer> writes = new ArrayList<>();
    private Handler<Void> drainHandler = ignored -> {};
    private int capacity = Integer.MAX_VALUE;
    private int held;
    private boolean drainsWithinWrite;
    private boolean broken;

    void capacity(int limit) {
        capacity = limit;
    }

    /** As Netty does when the socket takes everything at once. */
    void drainsWithinWrite() {
        drainsWithinWrite = true;
    }

    /** As when the other end has gone. */
    void breakDown() {
        broken = true;
    }

    /** The lengths of the writes so far. */
    List<Integer> writes() {
        return writes;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    /** The reader takes what is held. */
    void drain() {
        held = 0;
        drainHandler.handle(null);
    }

    void drainAll() {
        for (int i = 0; i < 1000 && held > 0; i++) {
            drain();
        }
    }

    @Override
    public Future<Void> write(Buffer data) {
        writes.add(data.length());
        bytes.writeBytes(data.getBytes());
        held += data.length();
        if (drainsWithinWrite) {
            drain();
        }
        return broken ? Future.failedFuture("broken pipe") : Future.succeededFuture();
    }

    @Override
    public void write(Buffer data, @Nullable Handler<AsyncResult<Void>> handler) {
        Future<Void> written = write(data);
        if (handler != null) {
            handler.handle(written);
        }
    }

    @Override
    public void end(Handler<AsyncResult<Void>> handler) {
        handler.handle(Future.succeededFuture());
    }

    @Override
    public boolean writeQueueFull() {
        return held >= capacity;
    }

    @Override
    public WriteStream<Buffer> drainHandler(Handler<Void> handler) {
        drainHandler = handler;
        return this;
    }

    @Override
    public WriteStream<Buffer> setWriteQueueMaxSize(int size) {
        return this;
    }

    @Override
    public WriteStream<Buffer> exceptionHandler(Handler<Throwable> handler) {
        return this;
    }
}
