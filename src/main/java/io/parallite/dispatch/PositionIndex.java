package io.parallite.dispatch;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.LongPredicate;

/**
 * A hash set of positions in a {@link RecordLog}: an open-addressed table with linear probing, and
 * deletion by shifting back (Knuth, The Art of Computer Programming, volume 3, section 6.4,
 * algorithm R).
 *
 * <p>Each position shares a word with most of its hash, so that probing touches no record but the
 * one that is looked for: the records lie in tens of megabytes, and each that is touched is a cache
 * miss. The table is outside the Java heap, like the records: one that has become too small goes
 * back to the system at once. The bits of the hash do for a hundred million positions. Owned by one
 * thread.
 */
final class PositionIndex {

    /** No position. */
    static final long NONE = -1;

    private static final int FIRST_CAPACITY = 1024;

    /** A word is the hash, a bit that tells it from an empty place, and the position. */
    private static final int HASH_BITS = Long.SIZE - 1 - RecordLog.POSITION_BITS;

    private static final long POSITION = (1L << RecordLog.POSITION_BITS) - 1;
    private static final long EMPTY = 0;

    private final ByteBufAllocator allocator;
    private ByteBuf table;
    private int capacity = FIRST_CAPACITY;
    private int size;

    /**
     * An empty index.
     *
     * @param allocator of its table
     */
    PositionIndex(ByteBufAllocator allocator) {
        this.allocator = allocator;
        this.table = newTable(FIRST_CAPACITY);
    }

    /** The position with this hash that {@code matches}, or {@link #NONE}. */
    long find(int hash, LongPredicate matches) {
        long key = key(hash);
        long word;
        for (int i = home(key); (word = word(i)) != EMPTY; i = next(i)) {
            if ((word & ~POSITION) == key && matches.test(word & POSITION)) {
                return word & POSITION;
            }
        }
        return NONE;
    }

    /** Adds a position that is not there yet. */
    void add(int hash, long position) {
        if (4L * (size + 1) > 3L * capacity) {
            resize(2 * capacity);
        }
        insert(key(hash) | position);
        size++;
    }

    /** Removes a position; does nothing when it is not there. */
    void remove(int hash, long position) {
        long wanted = key(hash) | position;
        int i = home(wanted);
        while (word(i) != wanted) {
            if (word(i) == EMPTY) {
                return;
            }
            i = next(i);
        }
        closeGap(i);
        size--;
        if (capacity > FIRST_CAPACITY && 8 * size < capacity) {
            resize(capacity / 2);
        }
    }

    int size() {
        return size;
    }

    private void insert(long word) {
        int i = home(word);
        while (word(i) != EMPTY) {
            i = next(i);
        }
        set(i, word);
    }

    private void closeGap(int removed) {
        int gap = removed;
        long word;
        for (int i = next(gap); (word = word(i)) != EMPTY; i = next(i)) {
            int home = home(word);
            boolean mayMove = gap <= i ? home <= gap || home > i : home <= gap && home > i;
            if (mayMove) {
                set(gap, word);
                gap = i;
            }
        }
        set(gap, EMPTY);
    }

    private void resize(int newCapacity) {
        ByteBuf old = table;
        int places = capacity;
        table = newTable(newCapacity);
        capacity = newCapacity;
        for (int i = 0; i < places; i++) {
            long word = old.getLong(i * Long.BYTES);
            if (word != EMPTY) {
                insert(word);
            }
        }
        old.release();
    }

    /** What a word with this hash begins with; the rest of it is the position. */
    private static long key(int hash) {
        int mixed = hash * 0x9E3779B9;
        int bits = (mixed ^ (mixed >>> 16)) >>> (Integer.SIZE - HASH_BITS);
        return (((long) bits << 1) | 1) << RecordLog.POSITION_BITS;
    }

    private int home(long word) {
        return (int) (word >>> (RecordLog.POSITION_BITS + 1)) & (capacity - 1);
    }

    private int next(int i) {
        return (i + 1) & (capacity - 1);
    }

    private long word(int i) {
        return table.getLong(i * Long.BYTES);
    }

    private void set(int i, long word) {
        table.setLong(i * Long.BYTES, word);
    }

    private ByteBuf newTable(int capacity) {
        int bytes = capacity * Long.BYTES;
        return allocator.directBuffer(bytes, bytes).setZero(0, bytes);
    }
}
