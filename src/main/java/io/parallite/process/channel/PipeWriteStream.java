package io.parallite.process.channel;

import io.parallite.engine.Engine;
import io.parallite.engine.Threads;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.streams.WriteStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A pipe that a process reads from, as a stream of Vert.x.
 *
 * <p>Pipes of the JDK block. So a frame is written by another thread, one at a time, in order;
 * except a small one while nothing waits: an empty pipe takes {@link #ATOMIC} bytes at once, and
 * the engine's thread writes it itself. Whether the pipe is empty shows at its other end, where the
 * system lets that be opened ({@code /proc/PID/fd/0} on Linux). Owned by the engine's thread, on
 * which all handlers are called.
 */
final class PipeWriteStream implements WriteStream<byte[]> {

    /** PIPE_BUF of Linux, and the least that a pipe holds there. */
    private static final int ATOMIC = 4096;

    private static final ExecutorService WRITERS =
            Executors.newCachedThreadPool(Threads.daemon("stdin-writer"));

    /** A frame, and what is called when it was written. */
    @SuppressWarnings(
            "ArrayRecordComponent") // identity is what is wanted: frames are never compared
    private record Write(byte[] bytes, Promise<Void> done) {}

    private final Engine engine;
    private final OutputStream pipe;
    private final @Nullable InputStream otherEnd;
    private final ArrayDeque<Write> waiting = new ArrayDeque<>();
    private @Nullable Handler<Throwable> exceptionHandler;
    private @Nullable Handler<Void> drainHandler;
    private int maxWaiting = 16;
    private boolean wasFull;
    private boolean closing;

    /** At the most so many bytes are in the pipe; {@link #ATOMIC} when that is not known. */
    private int inPipe = ATOMIC;

    /**
     * A stream to a process.
     *
     * @param otherEnd the reading end of the pipe, {@code null} where it cannot be opened
     */
    PipeWriteStream(Engine engine, OutputStream pipe, @Nullable InputStream otherEnd) {
        this.engine = engine;
        this.pipe = pipe;
        this.otherEnd = otherEnd;
    }

    /** Whether it is certain that the process has left something unread. */
    boolean isUnread() {
        return otherEnd != null && !isPipeEmpty();
    }

    private boolean isPipeEmpty() {
        try {
            return otherEnd != null && otherEnd.available() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Future<Void> write(byte[] bytes) {
        Promise<Void> done = Promise.promise();
        if (waiting.isEmpty() && fits(bytes)) {
            inPipe += bytes.length;
            settle(done, writeNow(bytes));
        } else {
            inPipe = ATOMIC;
            waiting.add(new Write(bytes, done));
            wasFull |= writeQueueFull();
            if (waiting.size() == 1) {
                writeNext();
            }
        }
        return done.future();
    }

    /** Whether it can be written without waiting; looks at the pipe only when that must be. */
    private boolean fits(byte[] bytes) {
        if (inPipe + bytes.length > ATOMIC && isPipeEmpty()) {
            inPipe = 0;
        }
        return inPipe + bytes.length <= ATOMIC;
    }

    private @Nullable Throwable writeNow(byte[] bytes) {
        try {
            pipe.write(bytes);
            pipe.flush();
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    private void writeNext() {
        Write next = waiting.peek();
        if (next == null) {
            onDrained();
            return;
        }
        try {
            WRITERS.execute(
                    () -> {
                        Throwable failure = writeNow(next.bytes);
                        engine.execute(() -> onWritten(next, failure));
                    });
        } catch (Throwable e) { // no thread left
            engine.execute(() -> onWritten(next, e));
        }
    }

    private void onWritten(Write written, @Nullable Throwable failure) {
        waiting.remove();
        settle(written.done, failure);
        writeNext();
    }

    private void settle(Promise<Void> done, @Nullable Throwable failure) {
        if (failure == null) {
            done.complete();
            return;
        }
        done.fail(failure);
        if (exceptionHandler != null) {
            exceptionHandler.handle(failure);
        }
    }

    private void onDrained() {
        if (closing) {
            ProcessPipes.close(pipe);
        } else if (wasFull && drainHandler != null) {
            wasFull = false;
            drainHandler.handle(null);
        }
    }

    @Override
    public void write(byte[] bytes, Handler<AsyncResult<Void>> handler) {
        write(bytes).onComplete(handler);
    }

    /** Closes the pipe when all was written. */
    @Override
    public void end(@Nullable Handler<AsyncResult<Void>> handler) {
        closing = true;
        if (waiting.isEmpty()) {
            ProcessPipes.close(pipe);
        }
        if (handler != null) {
            handler.handle(Future.succeededFuture());
        }
    }

    /** Closes both ends at once. */
    void close() {
        ProcessPipes.close(otherEnd);
        ProcessPipes.close(pipe);
    }

    @Override
    public PipeWriteStream setWriteQueueMaxSize(int frames) {
        maxWaiting = frames;
        return this;
    }

    @Override
    public boolean writeQueueFull() {
        return waiting.size() >= maxWaiting;
    }

    @Override
    public PipeWriteStream drainHandler(@Nullable Handler<Void> handler) {
        drainHandler = handler;
        return this;
    }

    @Override
    public PipeWriteStream exceptionHandler(@Nullable Handler<Throwable> handler) {
        exceptionHandler = handler;
        return this;
    }
}
