package io.parallite.worker;

import io.parallite.process.WorkerExit;
import io.parallite.worker.WorkerState.Ending;
import org.jspecify.annotations.Nullable;

/**
 * The end of a worker.
 *
 * @param reason what the figures count it by
 * @param exit how its process ended
 * @param fault what it did wrong, in words that follow its name; {@code null} when the daemon had
 *     ended it
 * @param wasKilledByOthers whether a signal that the daemon did not send ended it, which says
 *     nothing about its script
 */
public record WorkerEnd(
        EndReason reason, WorkerExit exit, @Nullable String fault, boolean wasKilledByOthers) {

    /**
     * @param last the worker's last state
     * @param unordered the reason when the daemon has not ended it
     */
    static WorkerEnd of(WorkerState last, WorkerExit exit, EndReason unordered) {
        return last instanceof Ending ending
                ? new WorkerEnd(ending.reason(), exit, ending.fault(), false)
                : new WorkerEnd(unordered, exit, exit.describe(), exit.wasSignalled());
    }
}
