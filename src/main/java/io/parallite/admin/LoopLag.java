package io.parallite.admin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.parallite.engine.Engine;
import java.time.Duration;

/**
 * How late the event loop is: a timer four times a second, and by how much it is overdue each time.
 * That is what every request may have to wait, too. Owned by the engine's thread.
 */
final class LoopLag {

    static final Duration EVERY = Duration.ofMillis(250);

    private final Engine engine;
    private final Timer lag;
    private long due;

    LoopLag(Engine engine, MeterRegistry registry) {
        this.engine = engine;
        this.lag =
                Timer.builder("parallite.event.loop.lag")
                        .description("How late timers of the event loop are, four times a second")
                        .register(registry);
    }

    /** Measures from now on, until the daemon ends. */
    void start() {
        due = engine.nanoTime() + EVERY.toNanos();
        engine.schedule(EVERY, this::onDue);
    }

    private void onDue() {
        lag.record(Duration.ofNanos(Math.max(0, engine.nanoTime() - due)));
        start();
    }
}
