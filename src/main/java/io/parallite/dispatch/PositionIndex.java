package io.parallite.dispatch;

import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * A hash set of record positions: an open-addressed table with linear probing, and deletion by
 * shifting back (Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R).
 *
 * <p>Each position stands beside its hash, so that probing touches no record but the one that is
 * looked for: the records lie in tens of megabytes, and each that is touched is a cache miss. Owned
 * by one thread.
 */
final class PositionIndex {

    /** No position. */
    static final long NONE = -1;

    private static final int FIRST_CAPACITY = 1024;

    private long[] table = newTable(FIRST_CAPACITY);
    private int[] hashes = new int[FIRST_CAPACITY];
    private int size;

    /** The position with this hash that {@code matches}, or {@link #NONE}. */
    long find(int hash, LongPredicate matches) {
        for (int i = home(hash); table[i] != NONE; i = next(i)) {
            if (hashes[i] == hash && matches.test(table[i])) {
                return table[i];
            }
        }
        return NONE;
    }

    /** Adds a position that is not there yet. */
    void add(int hash, long position) {
        if (2 * (size + 1) > table.length) {
            resize(2 * table.length);
        }
        insert(hash, position);
        size++;
    }

    /** Removes a position; does nothing when it is not there. */
    void remove(int hash, long position) {
        int i = home(hash);
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

    private void insert(int hash, long position) {
        int i = home(hash);
        while (table[i] != NONE) {
            i = next(i);
        }
        table[i] = position;
        hashes[i] = hash;
    }

    private void closeGap(int removed) {
        int gap = removed;
        for (int i = next(gap); table[i] != NONE; i = next(i)) {
            int home = home(hashes[i]);
            boolean mayMove = gap <= i ? home <= gap || home > i : home <= gap && home > i;
            if (mayMove) {
                table[gap] = table[i];
                hashes[gap] = hashes[i];
                gap = i;
            }
        }
        table[gap] = NONE;
    }

    private void resize(int capacity) {
        long[] oldTable = table;
        int[] oldHashes = hashes;
        table = newTable(capacity);
        hashes = new int[capacity];
        for (int i = 0; i < oldTable.length; i++) {
            if (oldTable[i] != NONE) {
                insert(oldHashes[i], oldTable[i]);
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
