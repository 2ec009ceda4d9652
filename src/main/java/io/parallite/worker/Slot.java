package io.parallite.worker;

import io.parallite.engine.Engine.Timer;
import org.jspecify.annotations.Nullable;

/** The place of one persistent worker, which outlives the processes that fill it. */
final class Slot {

    final WorkerName name;
    final Backoff backoff;
    @Nullable Timer restart;
    long restarts;

    Slot(WorkerName name, Backoff backoff) {
        this.name = name;
        this.backoff = backoff;
    }

    void cancelRestart() {
        if (restart != null) {
            restart.cancel();
            restart = null;
        }
    }
}
