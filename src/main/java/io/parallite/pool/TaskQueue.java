package io.parallite.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that wait for a worker: the one queue of the daemon.
 *
 * <p>Each client session has a {@link Lane}; within a lane tasks are served in order, between lanes
 * in turn. Owned by the engine's thread.
 */
final class TaskQueue {

    private final ArrayDeque<Lane> turns = new ArrayDeque<>();
    private final Set<Lane> held = new LinkedHashSet<>();
    private final Runnable onServable;
    private int size;

    /** A queue that calls {@code onServable} when a held lane with tasks is released. */
    TaskQueue(Runnable onServable) {
        this.onServable = onServable;
    }

    Lane newLane() {
        return new Lane(this);
    }

    int size() {
        return size;
    }

    /** Puts {@code waiter} at the end of its lane. */
    void add(Waiter waiter) {
        size++;
        waiter.lane.waiters.addLast(waiter);
        list(waiter.lane);
    }

    /** Puts {@code waiter} before the others of its lane; it must not be younger than they are. */
    void addFirst(Waiter waiter) {
        size++;
        waiter.lane.waiters.addFirst(waiter);
        list(waiter.lane);
    }

    /** The next task in turn, taken out; {@code null} when there is none that may be served. */
    @Nullable Waiter poll() {
        for (Lane lane = turns.poll(); lane != null; lane = turns.poll()) {
            lane.listed = false;
            if (lane.isHeld()) {
                held.add(lane);
                continue;
            }
            Waiter next = firstOf(lane);
            if (next != null) {
                lane.waiters.remove();
                size--;
                list(lane);
                return next;
            }
        }
        return null;
    }

    /** The task that {@link #poll} would give. */
    @Nullable Waiter peek() {
        for (Lane lane : turns) {
            Waiter next = lane.isHeld() ? null : firstOf(lane);
            if (next != null) {
                return next;
            }
        }
        return null;
    }

    /** Takes {@code waiter} out, wherever it stands; does nothing when it has been served. */
    void withdraw(Waiter waiter) {
        if (!waiter.isSettled()) {
            waiter.settle();
            size--;
        }
    }

    /** Takes out all that were queued at or before {@code since}. */
    List<Waiter> takeQueuedUntil(long since) {
        List<Waiter> taken = new ArrayList<>();
        for (Lane lane : lanes()) {
            for (Waiter first = firstOf(lane);
                    first != null && first.since - since <= 0;
                    first = firstOf(lane)) {
                lane.waiters.remove();
                size--;
                taken.add(first);
            }
        }
        return taken;
    }

    /** Takes out everything, held or not. */
    List<Waiter> takeAll() {
        List<Waiter> taken = new ArrayList<>();
        for (Lane lane : lanes()) {
            for (Waiter first = firstOf(lane); first != null; first = firstOf(lane)) {
                lane.waiters.remove();
                size--;
                taken.add(first);
            }
        }
        return taken;
    }

    /** The task that has waited longest, held or not; {@code null} when the queue is empty. */
    @Nullable Waiter oldest() {
        Waiter oldest = null;
        for (Lane lane : lanes()) {
            Waiter first = firstOf(lane);
            if (first != null && (oldest == null || first.since - oldest.since < 0)) {
                oldest = first;
            }
        }
        return oldest;
    }

    /** Whether {@link #poll} would give a task. */
    boolean isServable() {
        for (Lane lane : turns) {
            if (!lane.isHeld() && firstOf(lane) != null) {
                return true;
            }
        }
        return false;
    }

    void onReleased(Lane lane) {
        held.remove(lane);
        list(lane);
        if (firstOf(lane) != null) {
            onServable.run();
        }
    }

    private List<Lane> lanes() {
        List<Lane> all = new ArrayList<>(turns);
        all.addAll(held);
        return all;
    }

    private void list(Lane lane) {
        if (!lane.listed && !held.contains(lane) && !lane.waiters.isEmpty()) {
            lane.listed = true;
            turns.addLast(lane);
        }
    }

    /** The lane's first task that is still waiting; those that were withdrawn are dropped here. */
    private static @Nullable Waiter firstOf(Lane lane) {
        Waiter first = lane.waiters.peek();
        while (first != null && first.isSettled()) {
            lane.waiters.remove();
            first = lane.waiters.peek();
        }
        return first;
    }
}
