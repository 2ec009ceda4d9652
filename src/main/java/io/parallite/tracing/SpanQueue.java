package io.parallite.tracing;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A queue of ended spans, at most {@value #CAPACITY}: further ones are dropped and counted. The
 * engine's thread adds without blocking; the sender's thread removes.
 */
final class SpanQueue implements SpanProcessor {

    /** About 10 MB. */
    static final int CAPACITY = 8192;

    /** The size of a batch. */
    static final int BATCH = 512;

    private final Queue<ReadableSpan> spans = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong dropped = new AtomicLong();
    private volatile @Nullable Thread reader;

    /** The thread to wake when a batch is full. */
    void wakeUp(Thread thread) {
        reader = thread;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (size.get() >= CAPACITY) {
            dropped.incrementAndGet();
            return;
        }
        spans.add(span);
        if (size.incrementAndGet() == BATCH) {
            LockSupport.unpark(reader);
        }
    }

    /** Removes the oldest spans, at most one batch. */
    List<SpanData> take() {
        List<SpanData> batch = new ArrayList<>(Math.min(BATCH, size.get()));
        while (batch.size() < BATCH) {
            ReadableSpan next = spans.poll();
            if (next == null) {
                break;
            }
            size.decrementAndGet();
            batch.add(next.toSpanData());
        }
        return batch;
    }

    /** How many there are. */
    int size() {
        return size.get();
    }

    /** The number of spans dropped since the last call. */
    long takeDropped() {
        return dropped.getAndSet(0);
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }
}
