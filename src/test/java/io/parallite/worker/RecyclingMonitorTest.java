package io.parallite.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import io.parallite.process.resources.ResidentMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecyclingMonitorTest {

    private static final long LIMIT = 64 << 20;

    private final ManualEngine engine = new ManualEngine();
    private final List<EndReason> told = new ArrayList<>();
    private long resident;
    private int looks;

    @Test
    void looksAtMemoryOnceASecondAtMost() {
        RecyclingMonitor wear = wear(new Recycling(0, LIMIT, Duration.ZERO, Duration.ZERO));
        resident = LIMIT;

        for (int i = 0; i < 5000; i++) {
            engine.advance(Duration.ofMillis(1));
            wear.lookAtMemory();
        }

        assertThat(looks).isEqualTo(5);
        assertThat(told).isEmpty();
    }

    @Test
    void tellsThatMemoryIsOverTheLimit() {
        RecyclingMonitor wear = wear(new Recycling(0, LIMIT, Duration.ZERO, Duration.ZERO));
        resident = LIMIT + 1;
        engine.advance(Duration.ofSeconds(1));

        wear.lookAtMemory();

        assertThat(told).containsExactly(EndReason.RECYCLED_MEMORY);
    }

    @Test
    void looksAtNoMemoryWithoutALimit() {
        RecyclingMonitor wear = wear(new Recycling(5, 0, Duration.ZERO, Duration.ZERO));
        resident = Long.MAX_VALUE;
        engine.advance(Duration.ofSeconds(10));

        wear.lookAtMemory();

        assertThat(looks).isZero();
    }

    @Test
    void idleTimeDoesNotBringTheSuccessorForward() {
        RecyclingMonitor wear = wear(new Recycling(100, 0, Duration.ZERO, Duration.ZERO));
        long startNanos = Duration.ofMillis(30).toNanos();

        for (int served = 0; served < 99; served++) {
            wear.onLeased(served, startNanos);
            engine.advance(Duration.ofMinutes(1));
        }

        assertThat(told).isEmpty();
        wear.onLeased(99, startNanos);
        assertThat(told).as("its last task").containsExactly(EndReason.RECYCLED_TASKS);
        assertThat(wear.isUsedUp(99)).isFalse();
        assertThat(wear.isUsedUp(100)).isTrue();
    }

    @Test
    void tellsNothingAfterTheEnd() {
        RecyclingMonitor wear = wear(new Recycling(1, LIMIT, Duration.ofMinutes(1), Duration.ZERO));
        resident = Long.MAX_VALUE;

        wear.close();
        engine.advance(Duration.ofHours(1));
        wear.lookAtMemory();
        wear.onLeased(0, 0);

        assertThat(told).isEmpty();
        assertThat(engine.pendingTimers()).isZero();
    }

    @Test
    void readsResidentMemoryFromProc() {
        String status = "Name:\tphp\nVmPeak:\t  99999 kB\nVmRSS:\t   31420 kB\nThreads:\t1\n";

        assertThat(ResidentMemory.parse(status)).isEqualTo(31420L * 1024);
        assertThat(ResidentMemory.parse("Name:\tphp\nState:\tZ (zombie)\n")).isZero();
        assertThat(ResidentMemory.bytes(ProcessHandle.current().pid())).isGreaterThan(10 << 20);
        assertThat(ResidentMemory.bytes(Integer.MAX_VALUE)).isZero();
    }

    private RecyclingMonitor wear(Recycling limits) {
        RecyclingMonitor wear =
                new RecyclingMonitor(
                        engine,
                        limits,
                        limits.ttl(),
                        pid -> {
                            looks++;
                            return resident;
                        });
        wear.begin(7, told::add);
        return wear;
    }
}
