package io.parallite.pool;

import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerLease;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A task that waits for a worker, and then has one, until its work has ended.
 *
 * <p>The lease is released before the outcome is passed on, so that the worker has its next task by
 * then. Between its arrival and its lease a waiter is in exactly one place: in the queue, or held
 * by the worker to which its frame was sent ahead of time; see {@link Prefetch}. Owned by the
 * engine's thread.
 *
 * @param <T> what the work gives
 */
final class Waiter<T> {

    private static final Logger LOG = Logger.getLogger(Waiter.class);

    /** Where it is. */
    private enum Place {
        /** In the queue, or about to be. */
        QUEUE,
        /** Prefetched, and held by a busy worker. */
        WITH_WORKER,
        /** Leased, refused or cancelled. */
        SETTLED
    }

    final Task task;
    final Lane lane;
    final long since;

    /** Whether it needs a worker that runs no other task. */
    final boolean isIsolated;

    private final Function<WorkerLease, Uni<T>> work;
    private final UniEmitter<? super T> outcome;
    private Place place = Place.QUEUE;
    private @Nullable Worker holder;
    private long prefetchedAt;
    private @Nullable WorkerLease lease;
    private @Nullable Cancellable running;

    /** Neighbours in the lane, which alone uses them. */
    @Nullable Waiter<?> previous;

    @Nullable Waiter<?> next;
    boolean isInLane;

    /**
     * @param since since when it waits, in {@link io.parallite.engine.Engine#nanoTime}
     * @param isIsolated whether it needs a worker that runs no other task
     * @param work what is done with the lease
     */
    Waiter(
            Task task,
            Lane lane,
            long since,
            boolean isIsolated,
            Function<WorkerLease, Uni<T>> work,
            UniEmitter<? super T> outcome) {
        this.task = task;
        this.lane = lane;
        this.since = since;
        this.isIsolated = isIsolated;
        this.work = work;
        this.outcome = outcome;
    }

    /** Whether it has been leased a worker, refused or cancelled. */
    boolean isSettled() {
        return place == Place.SETTLED;
    }

    // With a worker; see Prefetch

    /** Its frame was sent to {@code worker} ahead of time. */
    void onPrefetched(Worker worker, long now) {
        place = Place.WITH_WORKER;
        holder = worker;
        prefetchedAt = now;
    }

    /** It is back from its holder, which is forgotten. */
    void onReturned() {
        holder = null;
        if (place == Place.WITH_WORKER) {
            place = Place.QUEUE;
        }
    }

    /** The worker that holds it; {@code null} when there is none. */
    @Nullable Worker holder() {
        return holder;
    }

    long prefetchedAt() {
        return prefetchedAt;
    }

    // Its end

    /** Begins the work. */
    void grant(WorkerLease granted) {
        place = Place.SETTLED;
        lease = granted;
        Uni<T> begun;
        try {
            begun = work.apply(granted);
        } catch (RuntimeException | Error e) {
            onFailure(e);
            return;
        }
        running = begun.subscribe().with(this::onItem, this::onFailure);
    }

    /** Fails it; it must have been taken out of its place. */
    void refuse(Throwable why) {
        place = Place.SETTLED;
        outcome.fail(why);
    }

    /** Fails it with {@link ShedException}: it is to run elsewhere. */
    void shed() {
        refuse(new ShedException());
    }

    /** Refuses each of {@code waiters}, whatever comes of the others. */
    static void refuseAll(Iterable<Waiter<?>> waiters, TaskException why) {
        for (Waiter<?> waiter : waiters) {
            try {
                waiter.refuse(why);
            } catch (RuntimeException | Error e) {
                LOG.errorf(e, "a refusal met a defect task=%s", waiter.task.id());
            }
        }
    }

    /** Notes that it was cancelled, and waits for nothing. */
    void settle() {
        place = Place.SETTLED;
    }

    /** Ends the work, if it has begun; its outcome is dropped. */
    void cancel() {
        if (running != null) {
            running.cancel();
        }
        release();
    }

    private void onItem(T item) {
        try {
            release();
        } finally {
            outcome.complete(item);
        }
    }

    private void onFailure(Throwable failure) {
        try {
            release();
        } finally {
            outcome.fail(failure);
        }
    }

    private void release() {
        if (lease != null) {
            lease.release();
        }
    }
}
