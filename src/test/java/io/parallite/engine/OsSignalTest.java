package io.parallite.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Real signals, sent to the process of the tests: one that is ignored by default. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(30)
final class OsSignalTest {

    private final OsSignal signal = new OsSignal("URG");
    private final BlockingQueue<Thread> handledOn = new LinkedBlockingQueue<>();
    private OsSignal.Former former;

    @BeforeEach
    void handle() {
        former = signal.handle(number -> handledOn.add(Thread.currentThread()));
    }

    @AfterEach
    void restore() {
        signal.restore(former);
    }

    @Test
    void handlesOnThreadsThatExistBefore() throws InterruptedException {
        for (int i = 0; i < 20; i++) {
            signal.raise();
            Thread thread = handledOn.take();

            assertThat(thread.getName()).isEqualTo(SignalThreads.NAME);
            assertThat(thread.isAlive()).isTrue();
        }
    }

    @Test
    void handlesASecondWhileTheHandlerOfTheFirstIsStuck() throws InterruptedException {
        CountDownLatch both = new CountDownLatch(2);
        signal.handle(
                number -> {
                    both.countDown();
                    awaitUninterrupted(both);
                });

        signal.raise();
        while (both.getCount() == 2) {
            Thread.onSpinWait();
        }
        signal.raise();

        both.await();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void givesAndTakesHandlersAsTheJdkDoes() throws InterruptedException {
        BlockingQueue<String> handledBy = new LinkedBlockingQueue<>();
        OsSignal.Former first = signal.handle(number -> handledBy.add("second"));
        signal.raise();
        assertThat(handledBy.take()).isEqualTo("second");

        signal.restore(first);
        signal.raise();

        assertThat(handledOn.take()).isNotNull();
        assertThat(handledBy.poll(0, TimeUnit.SECONDS)).isNull();
    }
}
