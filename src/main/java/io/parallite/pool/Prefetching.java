package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The waiting tasks whose frames lie with workers already, next to the task that those have: a
 * worker that has to sleep until the daemon has read its reply and sent the next request spends
 * more time on that than on a short task.
 *
 * <p>A prefetched task waits like those in the queue. It goes back there when another worker is
 * free, when its own leaves, and when it has lain for {@link #PATIENCE}: no task waits behind a
 * long one. One that the worker has taken meanwhile stays, and is that worker's next task as soon
 * as the daemon reads about it. Owned by the engine's thread.
 */
public final class Prefetching {

    /** How long a task may lie with a worker that does not come to it. */
    static final Duration PATIENCE = Duration.ofMillis(5);

    /** How many tasks may lie with one worker; fewer when they would not be done in time. */
    static final int MOST = 8;

    private final Engine engine;
    private final TaskQueue queue;
    private final Runnable onPutBack;
    private final Deadline deadline;
    private final Map<Worker, ArrayDeque<Waiter>> held = new LinkedHashMap<>();
    private int size;

    /**
     * @param onPutBack told when there are tasks in the queue again
     */
    Prefetching(Engine engine, TaskQueue queue, Runnable onPutBack) {
        this.engine = engine;
        this.queue = queue;
        this.onPutBack = onPutBack;
        this.deadline = new Deadline(engine, this::onDeadline);
    }

    /** How many tasks lie with workers. */
    int size() {
        return size;
    }

    /**
     * Lays tasks of the queue beside the one that {@code worker} has, or is about to be given.
     *
     * @param typicalTask nanoseconds that a task mostly takes
     * @param workers among how many the waiting tasks are to be divided
     */
    void fill(Worker worker, long typicalTask, int workers) {
        if (queue.size() == 0 || !worker.canPrefetch()) {
            return;
        }
        ArrayDeque<Waiter> own = held.computeIfAbsent(worker, w -> new ArrayDeque<>(MOST));
        long inTime = PATIENCE.toNanos() / Math.max(1, typicalTask);
        long share = own.size() + Math.ceilDiv(queue.size(), workers);
        long most = Math.min(MOST, Math.min(inTime, share));
        while (own.size() < most) {
            Waiter next = queue.peek();
            if (next == null || !worker.lookahead().put(next.task.frame())) {
                break;
            }
            queue.poll();
            next.onPrefetched(worker, engine.nanoTime());
            own.add(next);
            size++;
        }
        if (size > 0 && !deadline.isArmed()) {
            deadline.arm(PATIENCE);
        }
    }

    /** The task that {@code worker} has gone on with; {@code null} when none lay with it. */
    @Nullable Waiter pollTaken(Worker worker) {
        ArrayDeque<Waiter> own = held.get(worker);
        Waiter first = own == null ? null : own.poll();
        return first == null ? null : release(first);
    }

    /** A task that was withdrawn is not counted any more. */
    private Waiter release(Waiter waiter) {
        size -= waiter.isSettled() ? 0 : 1;
        waiter.onReleased();
        return waiter;
    }

    /** Puts back what lies with some busy worker; answers whether there was something. */
    boolean putBackAny() {
        if (size == 0) {
            return false;
        }
        for (Worker worker : held.keySet()) {
            if (putBack(worker)) {
                return true;
            }
        }
        return false;
    }

    /** Puts back all that no worker has taken. */
    void putBackAll() {
        held.keySet().forEach(this::putBack);
    }

    /** Puts back what {@code worker} has not taken; answers whether there was something. */
    boolean putBack(Worker worker) {
        ArrayDeque<Waiter> own = held.get(worker);
        if (own == null || own.isEmpty()) {
            return false;
        }
        List<Waiter> untaken = new ArrayList<>();
        for (byte[] frame : worker.lookahead().takeBack()) {
            remove(frame, own).ifPresent(untaken::add);
        }
        return putBack(untaken);
    }

    /**
     * Frames come back without those that the worker takes meanwhile: so they are told by bytes.
     */
    private static Optional<Waiter> remove(byte[] frame, ArrayDeque<Waiter> own) {
        for (Iterator<Waiter> waiters = own.iterator(); waiters.hasNext(); ) {
            Waiter waiter = waiters.next();
            if (Arrays.equals(waiter.task.frame(), frame)) {
                waiters.remove();
                return Optional.of(waiter);
            }
        }
        return Optional.empty();
    }

    private boolean putBack(List<Waiter> waiters) {
        boolean isAny = false;
        for (Waiter waiter : waiters.reversed()) {
            if (!release(waiter).isSettled()) {
                queue.addFirst(waiter);
                isAny = true;
            }
        }
        return isAny;
    }

    /**
     * Takes {@code waiter} out for good, if it lies with a worker. One that has taken it already
     * comes to it all the same, and is told from others by {@link Waiter#isSettled}.
     *
     * @return whether it lay with a worker
     */
    boolean withdraw(Waiter waiter) {
        Worker holder = waiter.holder();
        if (holder == null) {
            return false;
        }
        waiter.settle();
        size--;
        recall(holder);
        return true;
    }

    /** Puts back what {@code worker} has not taken, for whoever is free. */
    void recall(Worker worker) {
        if (putBack(worker)) {
            onPutBack.run();
        }
    }

    /**
     * Whether {@code worker} has taken one of its tasks, so that it is done with those before. The
     * others are put back to find that out.
     */
    boolean hasGoneOn(Worker worker) {
        recall(worker);
        ArrayDeque<Waiter> own = held.get(worker);
        return own != null && !own.isEmpty();
    }

    /**
     * {@code worker} takes no task any more. What lay with it goes back, but what it may have begun
     * fails: that is what it had taken when it was killed. One that died of its task had begun no
     * other.
     */
    void onLeaving(Worker worker) {
        boolean isAny = worker.state() != WorkerState.DEAD && putBack(worker);
        ArrayDeque<Waiter> own = held.remove(worker);
        if (own != null && worker.state() == WorkerState.DEAD) {
            isAny = putBack(List.copyOf(own));
        } else if (own != null) {
            failAll(own, worker);
        }
        if (isAny) {
            onPutBack.run();
        }
    }

    private void failAll(Collection<Waiter> begun, Worker worker) {
        for (Waiter waiter : begun) {
            if (!release(waiter).isSettled()) {
                waiter.refuse(
                        new TaskException(
                                FailureKind.WORKER_CRASHED,
                                "worker %s was killed for its task before, when it may have begun this one"
                                        .formatted(worker.name())));
            }
        }
    }

    private void onDeadline() {
        long now = engine.nanoTime();
        boolean isAny = false;
        for (Map.Entry<Worker, ArrayDeque<Waiter>> entry : held.entrySet()) {
            Waiter first = entry.getValue().peek();
            if (first != null && now - first.prefetchedAt() >= PATIENCE.toNanos()) {
                isAny |= putBack(entry.getKey());
            }
        }
        if (size > 0) {
            deadline.arm(PATIENCE);
        }
        if (isAny) {
            onPutBack.run();
        }
    }

    /** No task is prefetched any more. */
    void close() {
        deadline.close();
    }
}
