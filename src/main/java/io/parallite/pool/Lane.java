package io.parallite.pool;

import io.parallite.task.Priority;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of a task queue that belongs to one client session; with those of the same session in
 * the queues of other pools.
 *
 * <p>Lanes are served in turn, so that a client with ten thousand tasks does not keep another with
 * one waiting. A lane whose client does not read its replies is held: its tasks stay queued until
 * the client catches up, and the memory that replies can take is bounded by the number of workers
 * and of prefetched tasks.
 *
 * <p>Isolated tasks, which not every worker may run, form a list of their own: others of the lane
 * pass them. Tasks of another than the normal {@link Priority} have a lane of their own, which is
 * held with its session's. Owned by the engine's thread.
 */
public final class Lane {

    private final TaskQueue queue;
    private final @Nullable Lane main;
    private final int steps;
    private @Nullable Map<Key, Lane> others;
    private final WaiterList ordinary = new WaiterList();
    private final WaiterList isolated = new WaiterList();
    private boolean isHeld;
    private boolean isPinned;

    /** Whether it has a place in the queue's turn. */
    boolean isListed;

    /** Which of a session's lanes it is. */
    private record Key(TaskQueue queue, int steps) {}

    /** The lane of a session. */
    Lane(TaskQueue queue) {
        this(queue, null, 0);
    }

    private Lane(TaskQueue queue, @Nullable Lane main, int steps) {
        this.queue = queue;
        this.main = main;
        this.steps = steps;
    }

    /** That of this session in which its tasks of a priority wait in {@code other}. */
    Lane in(TaskQueue other, Priority priority) {
        return of(other, steps + priority.steps());
    }

    /**
     * The part of this session's lane for tasks that are {@code depth} tasks below those of
     * programs. Each step goes before the one above, as a priority does: so work that was begun is
     * brought to its end before more is begun, and few tasks wait for others at the same time.
     */
    public Lane nested(int depth) {
        return of(queue, steps - depth);
    }

    private Lane of(TaskQueue other, int target) {
        if (target == steps && other == queue) {
            return this;
        }
        Lane session = main == null ? this : main;
        if (target == 0 && other == session.queue) {
            return session;
        }
        if (session.others == null) {
            session.others = new HashMap<>();
        }
        return session.others.computeIfAbsent(
                new Key(other, target), key -> new Lane(key.queue(), session, key.steps()));
    }

    /** How many times {@link Priority#STEP} later than others its tasks count as submitted. */
    int steps() {
        return steps;
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
            if (others != null) {
                others.values().forEach(other -> other.queue.onReleased(other));
            }
        }
    }

    /** None of this lane's tasks is to run elsewhere; see {@link WorkerPool#shed}. */
    public void pin() {
        isPinned = true;
    }

    boolean isPinned() {
        return main == null ? isPinned : main.isPinned();
    }

    boolean isHeld() {
        return main == null ? isHeld : main.isHeld();
    }

    /** Since when its first task waits; {@code now} when none does. */
    long waitsSince(long now) {
        Waiter<?> first = first();
        return first == null ? now : first.since;
    }

    /** The task that waits first, of either kind; {@code null} when none does. */
    @Nullable Waiter<?> first() {
        Waiter<?> one = ordinary.first();
        Waiter<?> other = isolated.first();
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return other.since - one.since < 0 ? other : one;
    }

    /** The first of those that any worker may run; {@code null} when there is none. */
    @Nullable Waiter<?> firstOrdinary() {
        return ordinary.first();
    }

    /** The first of those that only a fresh worker may run; {@code null} when there is none. */
    @Nullable Waiter<?> firstIsolated() {
        return isolated.first();
    }

    /** How many isolated tasks wait in it. */
    int isolated() {
        return isolated.size();
    }

    void addFirst(Waiter<?> waiter) {
        listOf(waiter).addFirst(waiter);
    }

    void addLast(Waiter<?> waiter) {
        listOf(waiter).addLast(waiter);
    }

    /** Takes {@code waiter} out; {@code false} when it is not in a lane. */
    boolean remove(Waiter<?> waiter) {
        return listOf(waiter).remove(waiter);
    }

    private WaiterList listOf(Waiter<?> waiter) {
        return waiter.isIsolated ? isolated : ordinary;
    }

    /**
     * Waiters in their order, linked, so that one that is cancelled leaves at once, with its
     * payload, wherever it is in the list.
     */
    private static final class WaiterList {
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

        /**
         * Takes {@code waiter} out, which is in this list or in none; {@code false} for the latter.
         */
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
}
