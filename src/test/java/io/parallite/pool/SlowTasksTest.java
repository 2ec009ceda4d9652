package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tasks that run for longer than 5 s here. */
class SlowTasksTest {

    private static final Logger LOG = Logger.getLogger(SlowTasks.class.getName());

    private final List<String> told = new ArrayList<>();
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord record) {
                    told.add(((ExtLogRecord) record).getFormattedMessage());
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    @BeforeEach
    void listen() {
        LOG.addHandler(handler);
        LOG.setUseParentHandlers(false);
    }

    @AfterEach
    void listenNoMore() {
        LOG.removeHandler(handler);
        LOG.setUseParentHandlers(true);
    }

    @Test
    void slowTaskIsToldOnce() {
        PoolFixture fixture = ready(1);
        fixture.submit("slow");

        fixture.advanceMillis(4_999);
        assertThat(told).isEmpty();
        fixture.advanceMillis(30_000);

        assertThat(told).hasSize(1);
        assertThat(told.getFirst())
                .contains("slow_task_ms=5000", "worker=work-1 pid=100 task=slow")
                .contains("its stack is not known");
    }

    @Test
    void nextSlowTaskOfTheWorkerIsToldToo() {
        PoolFixture fixture = ready(1);
        for (int i = 0; i < 2; i++) {
            fixture.submit("slow");
            fixture.advanceMillis(6_000);
            fixture.transport.work();
        }

        assertThat(told).hasSize(2);
    }

    @Test
    void quickTasksAreNot() {
        PoolFixture fixture = ready(2);
        for (int i = 0; i < 20; i++) {
            fixture.submit("quick-" + i);
            fixture.advanceMillis(4_000);
            fixture.transport.work();
        }

        assertThat(told).isEmpty();
    }

    @Test
    void workerThatCanIsAskedForItsStack() {
        PoolFixture fixture = ready(1);
        FakeChannel worker = fixture.transport.last();
        worker.features("stack");
        fixture.submit("slow");
        fixture.advanceMillis(5_000);
        assertThat(worker.stackRequests()).isEqualTo(1);
        assertThat(told).isEmpty();

        worker.tellStack("#0 /srv/a.php(3): sleep()\n#1 {main}");
        worker.tellStack("#0 again");
        fixture.advanceMillis(30_000);

        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).contains("it is at #0 /srv/a.php(3): sleep() | #1 {main}");
        assertThat(worker.stackRequests()).isEqualTo(1);
    }

    /** A signal would end the call in which it waits. */
    @Test
    void workerThatWaitsIsAskedOnceItComputes() {
        PoolFixture fixture = ready(1);
        FakeChannel worker = fixture.transport.last();
        worker.features("stack");
        worker.setComputing(false);
        fixture.submit("slow");
        fixture.advanceMillis(30_000);
        assertThat(worker.stackRequests()).isZero();
        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).contains("it waits for something", "task=slow");

        worker.setComputing(true);
        fixture.advanceMillis(500);
        assertThat(worker.stackRequests()).isEqualTo(1);
        worker.tellStack("#0 /srv/a.php(3): compute()");
        fixture.advanceMillis(30_000);

        assertThat(worker.stackRequests()).isEqualTo(1);
        assertThat(told).hasSize(2);
        assertThat(told.getLast()).contains("it is at #0 /srv/a.php(3): compute()", "task=slow");
    }

    @Test
    void taskThatEndsWhileItWaitsIsForgotten() {
        PoolFixture fixture = ready(1);
        FakeChannel worker = fixture.transport.last();
        worker.features("stack");
        worker.setComputing(false);
        fixture.submit("slow");
        fixture.advanceMillis(6_000);
        fixture.transport.work();
        worker.setComputing(true);
        fixture.submit("next");

        fixture.advanceMillis(2_000);

        assertThat(worker.stackRequests()).isZero();
        assertThat(told).hasSize(1);
    }

    @Test
    void stackIsNotWaitedForForever() {
        PoolFixture fixture = ready(1);
        FakeChannel worker = fixture.transport.last();
        worker.features("stack");
        fixture.submit("slow");

        fixture.advanceMillis(5_000 + SlowTasks.STACK_PATIENCE.toMillis());
        worker.tellStack("#0 late");

        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).contains("its stack is not known");
    }

    @Test
    void taskThatEndsWhileItsStackIsAwaitedIsToldAsWhatItWas() {
        PoolFixture fixture = ready(1);
        fixture.transport.last().features("stack");
        fixture.submit("slow");
        fixture.advanceMillis(5_000);
        fixture.transport.work();

        fixture.advanceMillis(1_000);

        assertThat(told).hasSize(1);
        assertThat(told.getFirst()).contains("task=slow");
    }

    @Test
    void stoppedPoolLooksNoMore() {
        PoolFixture fixture = ready(1);
        fixture.transport.last().features("stack");
        fixture.submit("slow");
        fixture.advanceMillis(5_000);

        fixture.pool.stop(() -> {});
        fixture.transport.work();

        assertThat(fixture.engine.pendingTimers()).isZero();
    }

    private static PoolFixture ready(int workers) {
        PoolFixture fixture = PoolFixture.startingWatched(workers, Duration.ofSeconds(5));
        fixture.transport.readyAll();
        return fixture;
    }
}
