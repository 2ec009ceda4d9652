package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskException;
import io.parallite.worker.Worker;
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
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Prefetching through a pipe beside each worker's channel: a worker that has to sleep until the
 * daemon has read its reply and sent the next request spends more time on that than on a short
 * task.
 *
 * <p>A prefetched task returns to the queue when another worker is free, when its holder ends, and
 * when it has been held for {@link #PATIENCE}: no task waits behind a long one. A worker takes one
 * task at a time, after it has done the one before, and announces that ahead of its reply. So when
 * the reply is read it is known whether the worker has begun another task. Owned by the engine's
 * thread.
 */
final class PipePrefetch implements Prefetch {

    private static final Logger LOG = Logger.getLogger(PipePrefetch.class);

    /** How long a worker may hold a task that it does not take. */
    static final Duration PATIENCE = Duration.ofMillis(5);

    /** How many tasks one worker may hold; fewer when they would not be done in time. */
    static final int MOST = 8;

    private final Engine engine;
    private final TaskQueue queue;
    private final Runnable onReturned;
    private final Deadline deadline;
    private final Map<Worker, ArrayDeque<Waiter<?>>> held = new LinkedHashMap<>();
    private int size;

    /**
     * @param onReturned called when tasks are in the queue again that another worker may take
     */
    PipePrefetch(Engine engine, TaskQueue queue, Runnable onReturned) {
        this.engine = engine;
        this.queue = queue;
        this.onReturned = onReturned;
        this.deadline = new Deadline(engine, this::onDeadline);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public void fill(Worker worker, long typicalTask, int workers) {
        if (queue.ordinary() == 0 || !worker.canPrefetch()) {
            return;
        }
        ArrayDeque<Waiter<?>> own = held.computeIfAbsent(worker, w -> new ArrayDeque<>(MOST));
        long inTime = PATIENCE.toNanos() / Math.max(1, typicalTask);
        long share = (long) own.size() + Math.ceilDiv(queue.ordinary(), workers);
        long most = Math.min(MOST, Math.min(inTime, share));
        while (own.size() < most) {
            Waiter<?> next = queue.peek(false);
            if (next == null || !worker.prefetch(next.task.frame())) {
                break;
            }
            queue.poll(false);
            next.onPrefetched(worker, engine.nanoTime());
            own.add(next);
            size++;
        }
        if (size > 0 && !deadline.isArmed()) {
            deadline.arm(PATIENCE);
        }
    }

    @Override
    public @Nullable Waiter<?> pollTaken(Worker worker) {
        ArrayDeque<Waiter<?>> own = held.get(worker);
        Waiter<?> first = own == null ? null : own.poll();
        return first == null ? null : takeFromHolder(first);
    }

    /** One that was withdrawn is not counted already. */
    private Waiter<?> takeFromHolder(Waiter<?> waiter) {
        size -= waiter.isSettled() ? 0 : 1;
        waiter.onReturned();
        return waiter;
    }

    @Override
    public boolean recallAny() {
        if (size == 0) {
            return false;
        }
        for (Worker worker : held.keySet()) {
            if (recall(worker)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void reclaim(Worker worker) {
        recall(worker);
        ArrayDeque<Waiter<?>> own = held.get(worker);
        if (own != null && !own.isEmpty()) {
            LOG.warnf(
                    "a task has read %d other tasks from the pipe of its worker; they run elsewhere worker=%s",
                    own.size(), worker.name());
            List<Waiter<?>> lost = List.copyOf(own);
            own.clear();
            returnToQueue(lost);
        }
    }

    @Override
    public void recallAll() {
        held.keySet().forEach(this::recall);
    }

    /**
     * Returns to the queue what {@code worker} has not taken; {@code false} when there is nothing.
     */
    private boolean recall(Worker worker) {
        ArrayDeque<Waiter<?>> own = held.get(worker);
        if (own == null || own.isEmpty()) {
            return false;
        }
        List<Waiter<?>> untaken = new ArrayList<>();
        for (byte[] frame : worker.takeBack()) {
            remove(frame, own).ifPresent(untaken::add);
        }
        return returnToQueue(untaken);
    }

    /** Frames come back without the one that the worker takes meanwhile: so bytes identify them. */
    private static Optional<Waiter<?>> remove(byte[] frame, ArrayDeque<Waiter<?>> own) {
        for (Iterator<Waiter<?>> waiters = own.iterator(); waiters.hasNext(); ) {
            Waiter<?> waiter = waiters.next();
            if (Arrays.equals(waiter.task.frame(), frame)) {
                waiters.remove();
                return Optional.of(waiter);
            }
        }
        return Optional.empty();
    }

    private boolean returnToQueue(List<Waiter<?>> waiters) {
        boolean isAny = false;
        for (Waiter<?> waiter : waiters.reversed()) {
            if (!takeFromHolder(waiter).isSettled()) {
                queue.addFirst(waiter);
                isAny = true;
            }
        }
        return isAny;
    }

    @Override
    public boolean withdraw(Waiter<?> waiter) {
        Worker holder = waiter.holder();
        if (holder == null) {
            return false;
        }
        waiter.settle();
        size--;
        onRetiring(holder);
        return true;
    }

    @Override
    public void onRetiring(Worker worker) {
        if (recall(worker)) {
            onReturned.run();
        }
    }

    @Override
    public boolean hasTakenNext(Worker worker) {
        onRetiring(worker);
        ArrayDeque<Waiter<?>> own = held.get(worker);
        return own != null && !own.isEmpty();
    }

    /**
     * A worker that has died during its task had begun no other: all that it held returns to the
     * queue. One that is about to be killed may have begun the task that it has taken.
     */
    @Override
    public void onLeaving(Worker worker) {
        boolean isAny = !worker.isGone() && recall(worker);
        ArrayDeque<Waiter<?>> own = held.remove(worker);
        if (own != null && worker.isGone()) {
            isAny = returnToQueue(List.copyOf(own));
        } else if (own != null) {
            failAll(own, worker);
        }
        if (isAny) {
            onReturned.run();
        }
    }

    private void failAll(Collection<Waiter<?>> begun, Worker worker) {
        List<Waiter<?>> waiting = new ArrayList<>();
        for (Waiter<?> waiter : begun) {
            if (!takeFromHolder(waiter).isSettled()) {
                waiting.add(waiter);
            }
        }
        Waiter.refuseAll(
                waiting,
                new TaskException(
                        FailureKind.WORKER_CRASHED,
                        "worker %s was killed for its task before, when it may have begun this one"
                                .formatted(worker.name())));
    }

    private void onDeadline() {
        long now = engine.nanoTime();
        boolean isAny = false;
        for (Map.Entry<Worker, ArrayDeque<Waiter<?>>> entry : held.entrySet()) {
            Waiter<?> first = entry.getValue().peek();
            if (first != null && now - first.prefetchedAt() >= PATIENCE.toNanos()) {
                isAny |= recall(entry.getKey());
            }
        }
        if (size > 0) {
            deadline.arm(PATIENCE);
        }
        if (isAny) {
            onReturned.run();
        }
    }

    @Override
    public void close() {
        deadline.close();
    }
}
