package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IdleShutdownTest {

    private final ManualEngine engine = new ManualEngine();
    private long uses;
    private boolean working;
    private int stops;

    @BeforeEach
    void watch() {
        new IdleShutdown(engine, Duration.ofSeconds(10), () -> uses, () -> working, () -> stops++)
                .watch();
    }

    @Test
    void stopsOnceWhenNobodyUsesIt() {
        engine.advance(Duration.ofMillis(9_999));
        assertThat(stops).isZero();

        engine.advance(Duration.ofMillis(1));
        assertThat(stops).isEqualTo(1);

        engine.advance(Duration.ofHours(1));
        assertThat(stops).isEqualTo(1);
        assertThat(engine.pendingTimers()).isZero();
    }

    @Test
    void eachUseGivesItTheWholeTimeAgain() {
        for (int i = 0; i < 10; i++) {
            engine.advance(Duration.ofSeconds(9));
            uses++;
        }
        assertThat(stops).isZero();

        engine.advance(Duration.ofMillis(9_999));
        assertThat(stops).isZero();
        engine.advance(Duration.ofSeconds(2));
        assertThat(stops).isEqualTo(1);
    }

    @Test
    void staysWhileSomethingIsUnderWay() {
        working = true;
        engine.advance(Duration.ofHours(1));
        assertThat(stops).isZero();

        working = false;
        engine.advance(Duration.ofSeconds(9));
        assertThat(stops).isZero();
        engine.advance(Duration.ofSeconds(2));
        assertThat(stops).isEqualTo(1);
    }

    @Test
    void looksElevenTimesAtMost() {
        engine.advance(Duration.ofSeconds(10));

        assertThat(engine.scheduledTimers()).isLessThanOrEqualTo(11);
    }
}
