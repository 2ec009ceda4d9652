package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.task.Priority;
import io.parallite.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that wait for a worker: the one queue of the daemon.
 *
 * <p>Each client session has a {@link Lane}; within a lane tasks are served in order, between lanes
 * in turn. A worker that has run a task is asked for with {@code isFresh=false}: it gets the first
 * task that is not isolated, and a lane that has only isolated ones keeps its place in the turn
 * until a fresh worker comes. Lanes of a higher priority go first, within the limits that {@link
 * Priority} sets; where all tasks are of the normal one that costs nothing. Owned by the engine's
 * thread.
 */
final class TaskQueue {

    private final Turns normal = new Turns();
    private final Map<Integer, Turns> others = new HashMap<>();
    private final Runnable onServable;
    private final QueueTimeout timeout;
    private int size;
    private int isolated;
    private int prioritized;
    private boolean isPaused;

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

    /** Lets tasks wait for {@code limit} from now on, those that are there too. */
    void limit(Duration limit) {
        timeout.limit(limit);
    }

    Lane newLane() {
        return new Lane(this);
    }

    int size() {
        return size;
    }

    /** How many of them any worker may run. */
    int ordinary() {
        return size - isolated;
    }

    /** How many of them need a fresh worker. */
    int isolated() {
        return isolated;
    }

    /** Serves no task, until {@code paused} is false again; tasks still come, and time out. */
    void pause(boolean paused) {
        isPaused = paused;
    }

    boolean isPaused() {
        return isPaused;
    }

    /** How many of these are in lanes that are not held. */
    int servableIsolated() {
        int count = 0;
        if (isolated > 0 && !isPaused) {
            count = normal.servableIsolated();
            for (Turns turns : others.values()) {
                count += turns.servableIsolated();
            }
        }
        return count;
    }

    /** Puts {@code waiter} at the end of its lane. */
    void add(Waiter<?> waiter) {
        count(waiter, 1);
        waiter.lane.addLast(waiter);
        turnsOf(waiter.lane).list(waiter.lane);
        timeout.arm(waiter);
    }

    /** Puts {@code waiter} before the others of its lane; it must not be younger than they are. */
    void addFirst(Waiter<?> waiter) {
        count(waiter, 1);
        waiter.lane.addFirst(waiter);
        turnsOf(waiter.lane).list(waiter.lane);
        timeout.arm(waiter);
    }

    private void count(Waiter<?> waiter, int change) {
        size += change;
        isolated += waiter.isIsolated ? change : 0;
        prioritized += waiter.lane.steps() == 0 ? 0 : change;
    }

    private Turns turnsOf(Lane lane) {
        return lane.steps() == 0
                ? normal
                : others.computeIfAbsent(lane.steps(), any -> new Turns());
    }

    /**
     * The next task in turn, taken out; {@code null} when there is none that may be served.
     *
     * @param isFresh whether it is for a worker that has run no task, and so may be isolated
     */
    @Nullable Waiter<?> poll(boolean isFresh) {
        if (isPaused) {
            return null;
        }
        Turns turns = turnsFor(isFresh);
        boolean isAny = isFresh || isolated == 0;
        Lane lane = isAny ? turns.poll() : turns.pollOrdinary();
        Waiter<?> next = lane == null ? null : isAny ? lane.first() : lane.firstOrdinary();
        if (lane != null && next != null) {
            remove(next);
            turns.list(lane);
        }
        return next;
    }

    /** Those that have the task which counts as the oldest; see {@link Priority}. */
    private Turns turnsFor(boolean isFresh) {
        if (prioritized == 0) {
            return normal;
        }
        Turns first = normal;
        Waiter<?> oldest = normal.peek(isFresh);
        for (Turns turns : others.values()) {
            Waiter<?> next = turns.peek(isFresh);
            if (next != null && (oldest == null || rank(next) - rank(oldest) < 0)) {
                first = turns;
                oldest = next;
            }
        }
        return first;
    }

    private static long rank(Waiter<?> waiter) {
        return waiter.since + waiter.lane.steps() * Priority.STEP.toNanos();
    }

    /** The task that {@link #poll} would give. */
    @Nullable Waiter<?> peek(boolean isFresh) {
        if (isPaused) {
            return null;
        }
        return turnsFor(isFresh).peek(isFresh);
    }

    /** Takes {@code waiter} out, wherever it stands; does nothing when it is not in the queue. */
    void remove(Waiter<?> waiter) {
        if (waiter.lane.remove(waiter)) {
            count(waiter, -1);
            timeout.disarm(waiter);
        }
    }

    /** Takes out all that were queued at or before {@code since}. */
    List<Waiter<?>> takeQueuedUntil(long since) {
        return takeWhile(Lane::first, waiter -> waiter.since - since <= 0);
    }

    /**
     * The first task of some lane that was queued at or before {@code since} and may leave, taken
     * out; {@code null} when there is none.
     */
    @Nullable Waiter<?> takeFirst(long since, Predicate<Task> mayLeave) {
        for (Lane lane : lanes()) {
            Waiter<?> first = leaving(lane);
            if (first != null && first.since - since <= 0 && mayLeave.test(first.task)) {
                remove(first);
                return first;
            }
        }
        return null;
    }

    /**
     * Since when the task waits that waits longest of those which {@link #takeFirst} may take out;
     * empty when there is none.
     */
    OptionalLong firstSince(Predicate<Task> mayLeave) {
        OptionalLong earliest = OptionalLong.empty();
        for (Lane lane : lanes()) {
            Waiter<?> first = leaving(lane);
            if (first != null
                    && (earliest.isEmpty() || first.since - earliest.getAsLong() < 0)
                    && mayLeave.test(first.task)) {
                earliest = OptionalLong.of(first.since);
            }
        }
        return earliest;
    }

    private static @Nullable Waiter<?> leaving(Lane lane) {
        return lane.isHeld() || lane.isPinned() ? null : lane.first();
    }

    /** Takes out everything, held or not. */
    List<Waiter<?>> takeAll() {
        return takeWhile(Lane::first, waiter -> true);
    }

    /** Takes out every isolated task, held or not. */
    List<Waiter<?>> takeIsolated() {
        return takeWhile(Lane::firstIsolated, waiter -> true);
    }

    private List<Waiter<?>> takeWhile(
            Function<Lane, @Nullable Waiter<?>> head, Predicate<Waiter<?>> condition) {
        List<Waiter<?>> taken = new ArrayList<>();
        for (Lane lane : lanes()) {
            Waiter<?> first = head.apply(lane);
            while (first != null && condition.test(first)) {
                remove(first);
                taken.add(first);
                first = head.apply(lane);
            }
        }
        return taken;
    }

    /** The task that has waited longest, held or not; {@code null} when the queue is empty. */
    @Nullable Waiter<?> oldest() {
        return oldest(Lane::first);
    }

    /** The one of those that any worker may run. */
    @Nullable Waiter<?> oldestOrdinary() {
        return oldest(Lane::firstOrdinary);
    }

    private @Nullable Waiter<?> oldest(Function<Lane, @Nullable Waiter<?>> head) {
        Waiter<?> oldest = null;
        for (Lane lane : lanes()) {
            Waiter<?> first = head.apply(lane);
            if (first != null && (oldest == null || first.since - oldest.since < 0)) {
                oldest = first;
            }
        }
        return oldest;
    }

    /** Whether {@link #poll} would give a task to some worker. */
    boolean isServable() {
        return peek(true) != null;
    }

    void onReleased(Lane lane) {
        turnsOf(lane).onReleased(lane);
        if (lane.first() != null) {
            onServable.run();
        }
    }

    /** No task is timed out from now on. */
    void close() {
        timeout.close();
    }

    private List<Lane> lanes() {
        List<Lane> all = normal.lanes();
        others.values().forEach(turns -> all.addAll(turns.lanes()));
        return all;
    }
}
