package io.parallite.pool;

import io.parallite.engine.Engine.Timer;
import io.parallite.process.WorkerName;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import org.jspecify.annotations.Nullable;

/** The place of one persistent worker, which outlives the processes that fill it. */
final class Slot {

    final WorkerName name;
    final Backoff backoff;

    /** Who fills it, from its launch until its process is gone or another has taken over. */
    @Nullable Worker worker;

    /** Who boots to take over, while {@link #worker} goes on. */
    @Nullable Worker successor;

    /** Why there is a successor. */
    EndReason succession = EndReason.RELOAD;

    @Nullable Timer restart;
    private int futile;

    Slot(WorkerName name, Backoff backoff) {
        this.name = name;
        this.backoff = backoff;
    }

    /**
     * Takes note of a worker's end: how many tasks it has answered, and if it broke the protocol.
     */
    void onEnded(long served, boolean brokeProtocol) {
        if (served > 0) {
            futile = 0;
            backoff.reset();
        } else if (brokeProtocol) {
            futile++;
        }
    }

    /**
     * Whether its last workers, more than one, have broken the protocol before they answered a
     * task.
     */
    boolean isFutile() {
        return futile > 1;
    }

    /** Whether its worker is there to stay for now. */
    boolean isSettled() {
        return worker != null && worker.isInService() && successor == null;
    }

    void cancelRestart() {
        if (restart != null) {
            restart.cancel();
            restart = null;
        }
    }
}
