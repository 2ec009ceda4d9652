package io.parallite.pool;

import org.jspecify.annotations.Nullable;

/**
 * Waiters of one {@link Lane} in their order, linked, so that one that is cancelled leaves at once,
 * with its payload, wherever it stands. Owned by the engine's thread.
 */
final class WaiterList {

    private @Nullable Waiter<?> first;
    private @Nullable Waiter<?> last;
    private int size;

    /** The one at the head; {@code null} when there is none. */
    @Nullable Waiter<?> first() {
        return first;
    }

    int size() {
        return size;
    }

    void addFirst(Waiter<?> waiter) {
        link(null, waiter, first);
    }

    void addLast(Waiter<?> waiter) {
        link(last, waiter, null);
    }

    private void link(@Nullable Waiter<?> before, Waiter<?> waiter, @Nullable Waiter<?> after) {
        size++;
        waiter.isInLane = true;
        waiter.previous = before;
        waiter.next = after;
        if (before == null) {
            first = waiter;
        } else {
            before.next = waiter;
        }
        if (after == null) {
            last = waiter;
        } else {
            after.previous = waiter;
        }
    }

    /** Takes {@code waiter} out, which is in this list or in none; {@code false} for the latter. */
    boolean remove(Waiter<?> waiter) {
        if (!waiter.isInLane) {
            return false;
        }
        size--;
        Waiter<?> before = waiter.previous;
        Waiter<?> after = waiter.next;
        if (before == null) {
            first = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previous = before;
        }
        waiter.isInLane = false;
        waiter.previous = null;
        waiter.next = null;
        return true;
    }
}
