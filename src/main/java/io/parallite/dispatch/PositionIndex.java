package io.parallite.dispatch;

import java.util.Arrays;
import java.util.function.LongPredicate;
import java.util.function.LongToIntFunction;

/**
 * A hash set of record positions that asks the records for their hashes: an open-addressed table of
 * longs with linear probing, and deletion by shifting back (Knuth, The Art of Computer Programming,
 * volume 3, section 6.4, algorithm R). Owned by one thread.
 */
final class PositionIndex {

    /** No position. */
    static final long NONE = -1;

    private static final int FIRST_CAPACITY = 1024;

    private final LongToIntFunction hashOf;
    private long[] table = newTable(FIRST_CAPACITY);
    private int size;

    PositionIndex(LongToIntFunction hashOf) {
        this.hashOf = hashOf;
    }

    /** The position with this hash that {@code matches}, or {@link #NONE}. */
    long find(int hash, LongPredicate matches) {
        for (int i = home(hash); table[i] != NONE; i = next(i)) {
            long position = table[i];
            if (hashOf.applyAsInt(position) == hash && matches.test(position)) {
                return position;
            }
        }
        return NONE;
    }

    /** Adds a position that is not there yet. */
    void add(long position) {
        if (2 * (size + 1) > table.length) {
            resize(2 * table.length);
        }
        insert(position);
        size++;
    }

    /** Removes a position; does nothing when it is not there. */
    void remove(long position) {
        int i = home(hashOf.applyAsInt(position));
        while (table[i] != position) {
            if (table[i] == NONE) {
                return;
            }
            i = next(i);
        }
        closeGap(i);
        size--;
        if (table.length > FIRST_CAPACITY && 8 * size < table.length) {
            resize(table.length / 2);
        }
    }

    int size() {
        return size;
    }

    private void insert(long position) {
        int i = home(hashOf.applyAsInt(position));
        while (table[i] != NONE) {
            i = next(i);
        }
        table[i] = position;
    }

    private void closeGap(int removed) {
        int gap = removed;
        for (int i = next(gap); table[i] != NONE; i = next(i)) {
            int home = home(hashOf.applyAsInt(table[i]));
            boolean mayMove = gap <= i ? home <= gap || home > i : home <= gap && home > i;
            if (mayMove) {
                table[gap] = table[i];
                gap = i;
            }
        }
        table[gap] = NONE;
    }

    private void resize(int capacity) {
        long[] old = table;
        table = newTable(capacity);
        for (long position : old) {
            if (position != NONE) {
                insert(position);
            }
        }
    }

    private int home(int hash) {
        int mixed = hash * 0x9E3779B9;
        return (mixed ^ mixed >>> 16) & (table.length - 1);
    }

    private int next(int i) {
        return (i + 1) & (table.length - 1);
    }

    private static long[] newTable(int capacity) {
        long[] table = new long[capacity];
        Arrays.fill(table, NONE);
        return table;
    }
}
