package io.parallite.dispatch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.Iterator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Records in memory outside the Java heap: appended one by one, dropped by the segment, the oldest
 * first.
 *
 * <p>Segments are taken from the operating system as records come. One that is full goes into a
 * {@link Caffeine} cache, which holds it for the retention and then drops it with all its records;
 * a record that is larger than a segment has one to itself. A record's position stays the same for
 * as long as it is there; positions of {@value #POSITION_BITS} bits come again when the log has
 * gone on by {@link #WINDOW} bytes, so that much is the most it can hold. Owned by the engine's
 * thread, on which Caffeine does its work, too.
 */
final class RecordLog {

    private static final int OFFSET_BITS = 18;

    /** How many bytes a segment has, in a log that may hold many. */
    static final int SEGMENT = 1 << OFFSET_BITS;

    private static final int SMALLEST_SEGMENT = 1 << 8;

    /** How many segments a log may have at least: dropping one drops no more than that share. */
    private static final int SEGMENTS = 32;

    /** A position is the number of a segment and an offset in it. */
    static final int POSITION_BITS = 36;

    /** How many bytes may lie between two records. */
    static final long WINDOW = 1L << POSITION_BITS;

    private static final long NUMBERS = WINDOW >>> OFFSET_BITS;

    private static final int LENGTH = 0;
    private static final int HASH = LENGTH + Integer.BYTES;

    /** What a record takes beside its content. */
    static final int HEADER = HASH + Integer.BYTES;

    /** Hears of every record that goes. */
    interface DropListener {
        void onDropped(int hash, long position);
    }

    /** Some memory with records, one after the other. */
    private static final class Segment {

        final long number;
        final ByteBuf memory;
        int records;
        long writtenAt;

        Segment(long number, ByteBuf memory) {
            this.number = number;
            this.memory = memory;
        }
    }

    private final Engine engine;
    private final long retention;
    private final int segmentBytes;
    private final ByteBufAllocator allocator;
    private final DropListener listener;
    private final Cache<Long, Segment> full;
    private @Nullable Segment open;
    private @Nullable ByteBuf spare;
    private long nextNumber;
    private long size;
    private long bytes;

    /**
     * An empty log.
     *
     * @param retention for how long a segment is kept after it is full, or was last written to
     * @param maxBytes about how many bytes there may be, up to {@link #WINDOW}; the caller sees to
     *     it by {@link #dropOldest}
     * @param allocator of the segments
     */
    RecordLog(
            Engine engine,
            Duration retention,
            long maxBytes,
            ByteBufAllocator allocator,
            DropListener listener) {
        this.engine = engine;
        this.allocator = allocator;
        this.retention = retention.toNanos();
        this.listener = listener;
        long share = Long.highestOneBit(Math.max(1, maxBytes / SEGMENTS));
        this.segmentBytes = Math.clamp(share, SMALLEST_SEGMENT, SEGMENT);
        this.full =
                Caffeine.newBuilder()
                        .ticker(engine::nanoTime)
                        .executor(Runnable::run)
                        .expireAfterWrite(retention)
                        .evictionListener(this::onExpired)
                        .build();
    }

    /** How many records there are. */
    long size() {
        return size;
    }

    /** How many bytes the records take, with {@link #HEADER}. */
    long bytes() {
        return bytes;
    }

    /**
     * Appends a record of {@code length} bytes, which {@code writer} fills; gives its position.
     *
     * @param hash what {@link DropListener} hears when the record goes
     */
    long append(int hash, int length, Consumer<ByteBuf> writer) {
        int needed = HEADER + length;
        Segment segment = segmentFor(needed);
        ByteBuf memory = segment.memory;
        int offset = memory.writerIndex();
        memory.setInt(offset + LENGTH, length).setInt(offset + HASH, hash);
        writer.accept(memory.slice(offset + HEADER, length));
        memory.writerIndex(offset + needed);
        segment.records++;
        segment.writtenAt = engine.nanoTime();
        size++;
        bytes += needed;
        return position(segment.number, offset);
    }

    /** The record at {@code position}; valid until it is dropped. */
    ByteBuf at(long position) {
        long number = position >>> OFFSET_BITS;
        Segment last = open;
        Segment segment = last != null && last.number == number ? last : full.asMap().get(number);
        if (segment == null) {
            throw new IllegalStateException("there is no record at position " + position);
        }
        int offset = offset(position);
        return segment.memory.slice(offset + HEADER, segment.memory.getInt(offset + LENGTH));
    }

    /** Drops the oldest segment with its records. */
    void dropOldest() {
        var order = full.policy().expireAfterWrite().orElseThrow();
        Iterator<Segment> oldest = order.oldest(1).values().iterator();
        if (oldest.hasNext()) {
            Segment segment = oldest.next();
            full.invalidate(segment.number);
            drop(segment);
        } else if (open != null) {
            Segment last = open;
            open = null;
            drop(last);
        }
    }

    /** Drops the segments that are past the retention. */
    void sweep() {
        full.cleanUp();
        Segment last = open;
        if (last != null && isOver(last)) {
            close(last);
        }
    }

    private void onExpired(@Nullable Long ignored, @Nullable Segment segment, RemovalCause cause) {
        if (segment != null) {
            drop(segment);
        }
    }

    private void drop(Segment segment) {
        ByteBuf memory = segment.memory;
        for (int offset = 0; offset < memory.writerIndex(); ) {
            int next = offset + HEADER + memory.getInt(offset + LENGTH);
            listener.onDropped(memory.getInt(offset + HASH), position(segment.number, offset));
            offset = next;
        }
        size -= segment.records;
        bytes -= memory.writerIndex();
        free(memory);
    }

    private Segment segmentFor(int needed) {
        Segment last = open;
        if (last != null && last.memory.writableBytes() >= needed) {
            return last;
        }
        if (last != null) {
            close(last);
        }
        ByteBuf memory = allocate(Math.max(segmentBytes, needed));
        Segment added = new Segment(nextNumber, memory);
        nextNumber = (nextNumber + 1) % NUMBERS;
        open = added;
        return added;
    }

    private void close(Segment last) {
        open = null;
        if (isOver(last)) {
            drop(last);
        } else {
            full.put(last.number, last);
        }
    }

    private boolean isOver(Segment segment) {
        return engine.nanoTime() - segment.writtenAt >= retention;
    }

    private ByteBuf allocate(int capacity) {
        ByteBuf memory = spare;
        if (memory == null || capacity != segmentBytes) {
            return allocator.directBuffer(capacity, capacity);
        }
        spare = null;
        return memory.clear();
    }

    /** One segment is kept, so that a log of steady size takes no more from the system. */
    private void free(ByteBuf memory) {
        if (spare == null && memory.capacity() == segmentBytes) {
            spare = memory;
        } else {
            memory.release();
        }
    }

    private static long position(long number, int offset) {
        return number << OFFSET_BITS | offset;
    }

    private static int offset(long position) {
        return (int) position & (SEGMENT - 1);
    }
}
