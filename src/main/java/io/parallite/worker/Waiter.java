package io.parallite.worker;

import io.parallite.task.Task;
import io.smallrye.mutiny.subscription.UniEmitter;

/** A task that waits for a worker. */
final class Waiter {

    final Task task;
    final Lane lane;
    final long since;
    private final UniEmitter<? super WorkerLease> emitter;
    private boolean settled;

    Waiter(Task task, Lane lane, long since, UniEmitter<? super WorkerLease> emitter) {
        this.task = task;
        this.lane = lane;
        this.since = since;
        this.emitter = emitter;
    }

    /** Whether it has been granted, refused or withdrawn. */
    boolean isSettled() {
        return settled;
    }

    void grant(WorkerLease lease) {
        settled = true;
        emitter.complete(lease);
    }

    /** Fails it; it must have been taken out of the queue, or not have been in it. */
    void refuse(Throwable why) {
        settled = true;
        emitter.fail(why);
    }

    void settle() {
        settled = true;
    }
}
