package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.task.Task;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerLease;
import org.jspecify.annotations.Nullable;

/** A task that waits for a worker. */
final class Waiter {

    final Task task;
    final Lane lane;
    final long since;
    private final Loan<?> loan;
    private boolean settled;
    private @Nullable Worker holder;
    private long prefetchedAt;

    Waiter(Task task, Lane lane, long since, Loan<?> loan) {
        this.task = task;
        this.lane = lane;
        this.since = since;
        this.loan = loan;
    }

    /** Whether it has been granted, refused or withdrawn. */
    boolean isSettled() {
        return settled;
    }

    void grant(WorkerLease lease) {
        settled = true;
        loan.grant(lease);
    }

    /** Fails it; it must have been taken out of the queue, or not have been in it. */
    void refuse(Throwable why) {
        settled = true;
        loan.refuse(why);
    }

    /** The worker that it lies with; {@code null} while it is in the queue. */
    @Nullable Worker holder() {
        return holder;
    }

    /** It lies with {@code worker} from {@code now} on, in {@link Engine#nanoTime}. */
    void onPrefetched(Worker worker, long now) {
        holder = worker;
        prefetchedAt = now;
    }

    /** It lies with no worker any more. */
    void onReleased() {
        holder = null;
    }

    /** Since when it lies with its holder. */
    long prefetchedAt() {
        return prefetchedAt;
    }

    void settle() {
        settled = true;
    }
}
