package io.parallite.wire;

import io.netty.buffer.Unpooled;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.WriteStream;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Puts frames on a stream and waits whenever the stream is full.
 *
 * <p>A frame that fits goes out in one write. A large one goes out slice by slice, because the
 * transport copies what it is given into direct memory: a slow reader of 10 MB then pins its array
 * and one slice of direct memory, not two copies of the whole.
 *
 * <p>Owned by the stream's thread. Frames must not be changed after they were handed over.
 */
public final class FrameWriter {

    private static final int SLICE = 256 * 1024;

    private final WriteStream<Buffer> stream;
    private final Runnable onDrained;
    private final @Nullable Handler<AsyncResult<Void>> onWritten;
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    private int sent;
    private boolean pumping;
    private boolean closed;

    /**
     * A writer that calls {@code onDrained} when it has caught up after having been {@link
     * #isFull}, and {@code onWritten}, if there is one, with the outcome of each write.
     */
    public FrameWriter(
            WriteStream<Buffer> stream,
            Runnable onDrained,
            @Nullable Handler<AsyncResult<Void>> onWritten) {
        this.stream = stream;
        this.onDrained = onDrained;
        this.onWritten = onWritten;
        stream.drainHandler(ignored -> pump());
    }

    /** Sends {@code frame} now, or as soon as the stream takes it. */
    public void write(byte[] frame) {
        if (closed) {
            return;
        }
        if (waiting.isEmpty() && frame.length <= SLICE) {
            write(frame, 0, frame.length);
            return;
        }
        waiting.add(frame);
        if (waiting.size() == 1) {
            pump();
        }
    }

    /** Whether the reader at the other end is behind. */
    public boolean isFull() {
        return !waiting.isEmpty() || stream.writeQueueFull();
    }

    /** Whether whole frames still wait here, not counting what the stream itself has taken. */
    public boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Drops what is waiting and writes nothing more. */
    public void close() {
        closed = true;
        waiting.clear();
    }

    private void pump() {
        if (closed || pumping) {
            return; // a write that drains at once calls the drain handler from within
        }
        pumping = true;
        while (!waiting.isEmpty() && !stream.writeQueueFull()) {
            byte[] frame = waiting.element();
            int step = Math.min(SLICE, frame.length - sent);
            write(frame, sent, step);
            sent += step;
            if (sent == frame.length) {
                sent = 0;
                waiting.remove();
            }
        }
        pumping = false;
        if (!isFull()) {
            onDrained.run();
        }
    }

    @SuppressWarnings("deprecation") // the one factory of Vert.x 4 that wraps without copying
    private void write(byte[] frame, int offset, int length) {
        stream.write(Buffer.buffer(Unpooled.wrappedBuffer(frame, offset, length)), onWritten);
    }
}
