package io.parallite.worker;

import io.parallite.task.Task;

/** A task that waits for a worker. */
final class Waiter {

    final Task task;
    final Lane lane;
    final long since;
    private final Loan<?> loan;
    private boolean settled;

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

    void settle() {
        settled = true;
    }
}
