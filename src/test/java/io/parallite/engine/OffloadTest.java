package io.parallite.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class OffloadTest {

    private final QueuedEngine engine = new QueuedEngine();
    private final Offload offload = new Offload(engine);
    private final List<Object> results = new ArrayList<>();

    private void onDone(Object result, Throwable problem) {
        results.add(problem == null ? result : problem);
    }

    @Test
    void computesOnAnotherThreadAndReportsOnTheEngines() throws InterruptedException {
        offload.run(Thread::currentThread, this::onDone);
        assertThat(results).isEmpty();

        engine.runNext();

        assertThat(results).hasSize(1).doesNotContain(Thread.currentThread());
    }

    @Test
    void reportsWhatTheWorkHasThrownAndGoesOn() throws InterruptedException {
        StackOverflowError problem = new StackOverflowError("too deep");
        offload.run(
                () -> {
                    throw problem;
                },
                this::onDone);
        offload.run(() -> "next", this::onDone);

        engine.runNext();
        engine.runNext();

        assertThat(results).containsExactlyInAnyOrder(problem, "next");
    }

    @Test
    void goesOnBesideOneThatTakesLong() throws InterruptedException {
        CountDownLatch end = new CountDownLatch(1);
        offload.run(
                () -> {
                    end.await();
                    return "long";
                },
                this::onDone);
        offload.run(() -> "short", this::onDone);

        engine.runNext();
        assertThat(results).containsExactly("short");
        end.countDown();
        engine.runNext();

        assertThat(results).containsExactly("short", "long");
    }
}
