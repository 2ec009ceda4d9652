package io.parallite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.engine.OsSignal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real signals, sent to the process of the tests. */
final class SignalsTest {

    private final Signals signals = new Signals();

    @AfterEach
    void giveBack() {
        signals.giveBack();
    }

    @Test
    void keepsDaemonFromStartingWhenToldToStopBefore() {
        signals.takeOver();

        new OsSignal("TERM").raise();

        await().until(signals::isStopAsked);
        assertThat(serve()).isFalse();
    }

    @Test
    void startsWhenNothingHasCome() {
        signals.takeOver();

        assertThat(serve()).isTrue();
    }

    private boolean serve() {
        return signals.serve(() -> {}, () -> {});
    }
}
