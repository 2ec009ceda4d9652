package io.parallite.dispatch;

import io.parallite.engine.Engine;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;

/** Has the task cache swept every five minutes, so that an idle daemon frees its memory too. */
@Singleton
final class CacheSweeper {

    private final Instance<Dispatcher> dispatcher;
    private final Instance<Engine> engine;

    CacheSweeper(Instance<Dispatcher> dispatcher, Instance<Engine> engine) {
        this.dispatcher = dispatcher;
        this.engine = engine;
    }

    /** Runs on the scheduler's thread and enters the engine. */
    @Scheduled(every = "5m", delayed = "5m")
    void sweep() {
        engine.get().execute(() -> dispatcher.get().tasks().sweep());
    }
}
