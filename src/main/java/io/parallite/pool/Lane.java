package io.parallite.pool;

import org.jspecify.annotations.Nullable;

/**
 * The part of the task queue that belongs to one client session.
 *
 * <p>Lanes are served in turn, so that a client with ten thousand tasks does not keep another with
 * one waiting. A lane whose client does not read its replies is held: its tasks stay queued until
 * the client catches up, and the memory that replies can take is bounded by the number of workers
 * and of prefetched tasks.
 *
 * <p>Its waiters form a linked list, so that one that is cancelled leaves at once, with its
 * payload, wherever it stands. Owned by the engine's thread.
 */
public final class Lane {

    private final TaskQueue queue;
    private @Nullable Waiter<?> first;
    private @Nullable Waiter<?> last;
    private boolean isHeld;

    /** Whether it has a place in the queue's turn. */
    boolean isListed;

    Lane(TaskQueue queue) {
        this.queue = queue;
    }

    /** Serves none of this lane's tasks until {@link #release}. */
    public void hold() {
        isHeld = true;
    }

    /** Serves this lane again. */
    public void release() {
        if (isHeld) {
            isHeld = false;
            queue.onReleased(this);
        }
    }

    boolean isHeld() {
        return isHeld;
    }

    /** Since when its first task waits; {@code now} when none does. */
    long waitsSince(long now) {
        return first == null ? now : first.since;
    }

    /** The task that waits first; {@code null} when none does. */
    @Nullable Waiter<?> first() {
        return first;
    }

    void addFirst(Waiter<?> waiter) {
        link(null, waiter, first);
    }

    void addLast(Waiter<?> waiter) {
        link(last, waiter, null);
    }

    private void link(@Nullable Waiter<?> before, Waiter<?> waiter, @Nullable Waiter<?> after) {
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

    /** Takes {@code waiter} out; {@code false} when it is not in a lane. */
    boolean remove(Waiter<?> waiter) {
        if (!waiter.isInLane) {
            return false;
        }
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
