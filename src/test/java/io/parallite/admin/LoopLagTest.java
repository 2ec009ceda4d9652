package io.parallite.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.parallite.engine.ManualEngine;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoopLagTest {

    private final ManualEngine engine = new ManualEngine();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @BeforeEach
    void start() {
        new LoopLag(engine, registry).start();
    }

    @Test
    void isNoneWhenTimersAreInTime() {
        engine.advance(Duration.ofSeconds(1));

        assertThat(lag().count()).isEqualTo(4);
        assertThat(lag().totalTime(TimeUnit.MILLISECONDS)).isZero();
    }

    @Test
    void isHowLongTheLoopWasHeldUp() {
        engine.holdUp(LoopLag.EVERY.plusMillis(700));
        engine.advance(Duration.ZERO);

        assertThat(lag().count()).isEqualTo(1);
        assertThat(lag().max(TimeUnit.MILLISECONDS)).isEqualTo(700);
    }

    private Timer lag() {
        return registry.get("parallite.event.loop.lag").timer();
    }
}
