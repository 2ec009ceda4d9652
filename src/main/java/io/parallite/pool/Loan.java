package io.parallite.pool;

import io.parallite.worker.WorkerLease;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is done with a worker that was waited for: from the lease until the worker is given back,
 * which happens before anybody is told how the work has ended, so that the worker has its next task
 * by then.
 *
 * <p>Owned by the engine's thread.
 */
final class Loan<T> {

    private final Function<WorkerLease, Uni<T>> work;
    private final UniEmitter<? super T> outcome;
    private @Nullable WorkerLease lease;
    private @Nullable Cancellable running;

    Loan(Function<WorkerLease, Uni<T>> work, UniEmitter<? super T> outcome) {
        this.work = work;
        this.outcome = outcome;
    }

    /** Begins the work. */
    void grant(WorkerLease granted) {
        lease = granted;
        Uni<T> begun;
        try {
            begun = work.apply(granted);
        } catch (RuntimeException e) {
            onFailure(e);
            return;
        }
        running = begun.subscribe().with(this::onItem, this::onFailure);
    }

    /** There will be no worker. */
    void refuse(Throwable why) {
        outcome.fail(why);
    }

    private void onItem(T item) {
        giveBack();
        outcome.complete(item);
    }

    private void onFailure(Throwable failure) {
        giveBack();
        outcome.fail(failure);
    }

    /** Ends the work, if it has begun; afterwards nobody is told how. */
    void cancel() {
        if (running != null) {
            running.cancel();
        }
        giveBack();
    }

    private void giveBack() {
        if (lease != null) {
            lease.giveBack();
        }
    }
}
