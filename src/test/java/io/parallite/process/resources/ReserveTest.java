package io.parallite.process.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is short is told while it is, and only then. */
class ReserveTest {

    private final ManualEngine engine = new ManualEngine();
    private boolean hasThreads = true;
    private boolean hasDescriptors = true;
    private final Reserve reserve =
            new Reserve(engine, () -> take(hasThreads), () -> take(hasDescriptors));

    private static void take(boolean isThere) throws IOException {
        if (!isThere) {
            throw new IOException("no more");
        }
    }

    @Test
    void tellsWhatIsShortWhileItIs() {
        reserve.hold();
        assertThat(reserve.shortages()).isEmpty();

        hasThreads = false;
        engine.advance(Reserve.LOOK);
        assertThat(reserve.shortages()).singleElement().asString().contains("pids.max");

        hasDescriptors = false;
        engine.advance(Reserve.LOOK);
        assertThat(reserve.shortages()).hasSize(2).last().asString().contains("ulimit -n");

        hasThreads = true;
        hasDescriptors = true;
        engine.advance(Reserve.LOOK.multipliedBy(Reserve.LOOKS_AT_A_SHORTAGE));
        assertThat(reserve.shortages()).isEmpty();
        reserve.release();
    }

    @Test
    void givesItsThreadsUpWhenThereIsNoOther() throws InterruptedException {
        reserve.hold();
        List<Thread> held = reserves();
        assertThat(held).hasSize(4);

        hasThreads = false;
        engine.advance(Reserve.LOOK);

        for (Thread each : held) {
            each.join();
        }
        hasThreads = true;
        engine.advance(Reserve.LOOK.multipliedBy(Reserve.LOOKS_AT_A_SHORTAGE));
        assertThat(reserves()).hasSize(4);
        reserve.release();
    }

    @Test
    void looksNoMoreOnceItIsReleased() {
        reserve.hold();

        reserve.release();

        assertThat(engine.pendingTimers()).isZero();
    }

    private static List<Thread> reserves() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(each -> each.getName().equals("parallite-reserve"))
                .toList();
    }
}
