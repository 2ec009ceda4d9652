package io.parallite.pool;

import io.parallite.process.WorkerExit;
import io.parallite.process.WorkerStartException;
import io.parallite.task.TaskException;
import io.parallite.worker.Departure;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What follows when a worker has ended or could not be started: a successor, at once or after a
 * delay, or an answer for those who wait when none can be had. Owned by the engine's thread.
 */
final class Succession {

    private static final Logger LOG = Logger.getLogger(Succession.class);

    private final Slots slots;
    private final Roster roster;
    private final Reloads reloads;
    private final StartFailures failures;
    private final Crew.Employer employer;
    private boolean closed;

    Succession(
            Slots slots,
            Roster roster,
            Reloads reloads,
            StartFailures failures,
            Crew.Employer employer) {
        this.slots = slots;
        this.roster = roster;
        this.reloads = reloads;
        this.failures = failures;
        this.employer = employer;
    }

    /** Nobody is replaced any more. */
    void close() {
        closed = true;
        failures.close();
    }

    /** Why no task can be served now; {@code null} when one can, or will be. */
    @Nullable TaskException failure() {
        TaskException failure = failures.current();
        return failure == null || roster.hasProspect() ? null : failure;
    }

    /** The worker did not become ready; its process is gone. */
    void onStartFailed(Worker worker, TaskException why) {
        if (reloads.isCanary(worker)) {
            reloads.onCanaryFailed(why.explanation());
            employer.onGone();
        } else {
            onNoStart(worker, EndReason.START_FAILED, why);
        }
    }

    /** The worker had become ready, and its process is gone. */
    void onGone(Worker worker, WorkerExit ending) {
        if (reloads.isCanary(worker)) {
            reloads.onCanaryFailed("worker %s %s".formatted(worker.name(), ending.describe()));
            employer.onGone();
            return;
        }
        Departure departure = worker.departure();
        EndReason reason = departure.reason(ending, worker.served());
        Slot slot = slots.of(worker);
        if (slot != null) {
            slot.onEnded(worker.served(), departure.isFaulty());
        }
        String fault = departure.ownFault(ending);
        boolean cannotStart = !worker.wasProven() && !departure.wasKilledFromOutside(ending);
        if (fault != null && (cannotStart || slot != null && slot.isFutile())) {
            onNoStart(
                    worker,
                    cannotStart ? EndReason.START_FAILED : reason,
                    new WorkerStartException(
                            "worker %s %s before it answered a task; check worker_script and php_includes"
                                    .formatted(worker.name(), fault)));
            return;
        }
        if (slot != null && slots.vacate(slot, worker, reason) && !closed) {
            replace(worker, ending, slot, reason);
        }
        reloads.step();
        employer.onGone();
    }

    private void replace(Worker worker, WorkerExit ending, Slot slot, EndReason reason) {
        Duration delay = reason.isFault() ? slot.backoff.next() : Duration.ZERO;
        LOG.logf(
                reason.isFault() ? Logger.Level.WARN : Logger.Level.DEBUG,
                "worker is replaced in %d ms: it %s worker=%s pid=%d",
                delay.toMillis(),
                ending.describe(),
                worker.name(),
                worker.pid());
        slots.refill(slot, delay, reason);
    }

    /** A worker was not to be had; when there is no other in sight, those who wait are told why. */
    private void onNoStart(Worker worker, EndReason reason, TaskException why) {
        if (closed) {
            return;
        }
        Slot slot = slots.of(worker);
        Duration delay = failures.onFailed(why, slot == null ? null : slot.backoff);
        if (slot != null && slots.vacate(slot, worker, reason)) {
            slots.refill(slot, delay, reason);
        }
        reloads.onStartFailed(why.explanation());
        TaskException verdict = failure();
        if (verdict != null) {
            employer.onCannotStart(verdict);
        } else {
            employer.onGone();
        }
    }
}
