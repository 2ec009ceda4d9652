package io.parallite.dispatch;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A queue of records in memory outside the Java heap: appended at one end, dropped at the other.
 *
 * <p>Segments of {@value #SEGMENT} bytes are taken from the operating system as records come and
 * given back as they go; a record that is larger has one to itself. A record's position stays the
 * same for as long as it is there; positions of {@value #POSITION_BITS} bits come again when the
 * log has gone on by {@link #WINDOW} bytes, so that much is the most it can hold. Owned by one
 * thread.
 */
final class RecordLog {

    private static final int OFFSET_BITS = 20;
    static final int SEGMENT = 1 << OFFSET_BITS;

    /** A position is the number of a segment and an offset in it. */
    static final int POSITION_BITS = 36;

    /** How many bytes may lie between two records. */
    static final long WINDOW = 1L << POSITION_BITS;

    private static final int LENGTH = Integer.BYTES;

    /** Without leak detection: segments that live as long as the log are none. */
    static final ByteBufAllocator MEMORY = new UnpooledByteBufAllocator(true, true);

    private final ArrayDeque<ByteBuf> segments = new ArrayDeque<>();
    private ByteBuf[] byNumber = new ByteBuf[16];
    private @Nullable ByteBuf spare;
    private long firstNumber;
    private int firstOffset;
    private long size;
    private long bytes;

    /** How many records there are. */
    long size() {
        return size;
    }

    /** How many bytes the records take, their length fields included. */
    long bytes() {
        return bytes;
    }

    /** Appends a record of {@code length} bytes, which {@code writer} fills; gives its position. */
    long append(int length, Consumer<ByteBuf> writer) {
        int needed = LENGTH + length;
        ByteBuf last = segments.peekLast();
        if (last == null || last.writableBytes() < needed) {
            last = addSegment(Math.max(SEGMENT, needed));
        }
        int offset = last.writerIndex();
        last.writeInt(length);
        writer.accept(last.slice(offset + LENGTH, length));
        last.writerIndex(offset + needed);
        size++;
        bytes += needed;
        return position(firstNumber + segments.size() - 1, offset);
    }

    /** The record at {@code position}; valid until it is dropped. */
    ByteBuf at(long position) {
        ByteBuf segment = byNumber[slot(position >>> OFFSET_BITS)];
        int offset = offset(position);
        return segment.slice(offset + LENGTH, segment.getInt(offset));
    }

    /** The number at {@code offset} in the record at {@code position}. */
    int intAt(long position, int offset) {
        return byNumber[slot(position >>> OFFSET_BITS)].getInt(offset(position) + LENGTH + offset);
    }

    /** The position of the oldest record; there must be one. */
    long oldest() {
        return position(firstNumber, firstOffset);
    }

    /** Drops the oldest record; there must be one. */
    void dropOldest() {
        ByteBuf first = segments.element();
        int taken = LENGTH + first.getInt(firstOffset);
        firstOffset += taken;
        size--;
        bytes -= taken;
        if (firstOffset == first.writerIndex()) {
            segments.remove();
            firstNumber++;
            firstOffset = 0;
            free(first);
        }
    }

    private ByteBuf addSegment(int capacity) {
        ByteBuf segment = spare;
        if (segment != null && capacity == SEGMENT) {
            spare = null;
            segment.clear();
        } else {
            segment = MEMORY.directBuffer(capacity, capacity);
        }
        segments.add(segment);
        if (segments.size() > byNumber.length) {
            growDirectory();
        }
        byNumber[slot(firstNumber + segments.size() - 1)] = segment;
        return segment;
    }

    /** One segment is kept, so that a log of steady size takes no more from the system. */
    private void free(ByteBuf segment) {
        if (spare == null && segment.capacity() == SEGMENT) {
            spare = segment;
        } else {
            segment.release();
        }
    }

    private void growDirectory() {
        byNumber = new ByteBuf[2 * byNumber.length];
        long number = firstNumber;
        for (ByteBuf segment : segments) {
            byNumber[slot(number++)] = segment;
        }
    }

    private int slot(long number) {
        return (int) (number & (byNumber.length - 1));
    }

    private static long position(long number, int offset) {
        return (number << OFFSET_BITS | offset) & (WINDOW - 1);
    }

    private static int offset(long position) {
        return (int) position & (SEGMENT - 1);
    }
}
