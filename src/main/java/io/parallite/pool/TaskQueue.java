package io.parallite.pool;

import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
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
    private final QueueTimeout timeout;
    private int size;

    /**
     * An empty queue.
     *
     * @param limit how long a task may wait in it before it is refused
     * @param workers how many there are, for that refusal
     * @param onServable called when a held lane with tasks is released
     */
    TaskQueue(Engine engine, Duration limit, IntSupplier workers, Runnable onServable) {
        this.onServable = onServable;
        this.timeout = new QueueTimeout(engine, this, limit, workers);
    }

    Lane newLane() {
        return new Lane(this);
    }

    int size() {
        return size;
    }

    /** Puts {@code waiter} at the end of its lane. */
    void add(Waiter<?> waiter) {
        size++;
        waiter.lane.addLast(waiter);
        list(waiter.lane);
        timeout.arm();
    }

    /** Puts {@code waiter} before the others of its lane; it must not be younger than they are. */
    void addFirst(Waiter<?> waiter) {
        size++;
        waiter.lane.addFirst(waiter);
        list(waiter.lane);
        timeout.arm();
    }

    /** The next task in turn, taken out; {@code null} when there is none that may be served. */
    @Nullable Waiter<?> poll() {
        for (Lane lane = turns.poll(); lane != null; lane = turns.poll()) {
            lane.isListed = false;
            if (lane.isHeld()) {
                held.add(lane);
                continue;
            }
            Waiter<?> next = lane.first();
            if (next != null) {
                remove(next);
                list(lane);
                return next;
            }
        }
        return null;
    }

    /** The task that {@link #poll} would give. */
    @Nullable Waiter<?> peek() {
        for (Lane lane : turns) {
            Waiter<?> next = lane.isHeld() ? null : lane.first();
            if (next != null) {
                return next;
            }
        }
        return null;
    }

    /** Takes {@code waiter} out, wherever it stands; does nothing when it is not in the queue. */
    void remove(Waiter<?> waiter) {
        if (waiter.lane.remove(waiter)) {
            size--;
        }
    }

    /** Takes out all that were queued at or before {@code since}. */
    List<Waiter<?>> takeQueuedUntil(long since) {
        return takeWhile(waiter -> waiter.since - since <= 0);
    }

    /** Takes out everything, held or not. */
    List<Waiter<?>> takeAll() {
        return takeWhile(waiter -> true);
    }

    private List<Waiter<?>> takeWhile(Predicate<Waiter<?>> condition) {
        List<Waiter<?>> taken = new ArrayList<>();
        for (Lane lane : lanes()) {
            Waiter<?> first = lane.first();
            while (first != null && condition.test(first)) {
                remove(first);
                taken.add(first);
                first = lane.first();
            }
        }
        return taken;
    }

    /** The task that has waited longest, held or not; {@code null} when the queue is empty. */
    @Nullable Waiter<?> oldest() {
        Waiter<?> oldest = null;
        for (Lane lane : lanes()) {
            Waiter<?> first = lane.first();
            if (first != null && (oldest == null || first.since - oldest.since < 0)) {
                oldest = first;
            }
        }
        return oldest;
    }

    /** Whether {@link #poll} would give a task. */
    boolean isServable() {
        return peek() != null;
    }

    void onReleased(Lane lane) {
        held.remove(lane);
        list(lane);
        if (lane.first() != null) {
            onServable.run();
        }
    }

    /** No task is timed out from now on. */
    void close() {
        timeout.close();
    }

    private List<Lane> lanes() {
        List<Lane> all = new ArrayList<>(turns);
        all.addAll(held);
        return all;
    }

    private void list(Lane lane) {
        if (!lane.isListed && !held.contains(lane) && lane.first() != null) {
            lane.isListed = true;
            turns.addLast(lane);
        }
    }
}
