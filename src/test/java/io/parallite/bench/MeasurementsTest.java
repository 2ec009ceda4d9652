package io.parallite.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.bench.BenchPlan.ForDuration;
import io.parallite.bench.BenchPlan.ForTasks;
import io.parallite.bench.RunWindow.Phase;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeasurementsTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Measurements measurements = new Measurements();

    @Test
    void countsSuccessesAndBytesInTheWindowOnly() {
        RunWindow window =
                new RunWindow(
                        new ForDuration(Duration.ofSeconds(1), Duration.ofSeconds(2)),
                        0,
                        measurements);
        window.turn(0);
        seeOneTask();
        window.turn(SECOND);
        seeOneTask();
        measurements.nextInterval(2 * SECOND);
        seeOneTask();
        window.turn(3 * SECOND);
        seeOneTask();
        window.end(4 * SECOND);

        assertThat(measurements.latencies().getTotalCount()).isEqualTo(2);
        assertThat(measurements.bytesIn()).isEqualTo(20);
        assertThat(measurements.bytesOut()).isEqualTo(60);
        assertThat(window.elapsed()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void closesTheWindowOfACountedRunAtItsEnd() {
        RunWindow window = new RunWindow(new ForTasks(1), 0, measurements);
        window.turn(0);
        assertThat(window.phase()).isEqualTo(Phase.MEASURING);
        seeOneTask();
        window.end(SECOND);

        assertThat(window.elapsed()).isEqualTo(Duration.ofSeconds(1));
        assertThat(measurements.latencies().getTotalCount()).isEqualTo(1);
    }

    @Test
    void measuresNothingWhenEndedInTheWarmUp() {
        RunWindow window =
                new RunWindow(
                        new ForDuration(Duration.ofSeconds(1), Duration.ofSeconds(1)),
                        0,
                        measurements);
        seeOneTask();
        window.end(SECOND / 2);

        assertThat(window.elapsed()).isZero();
        assertThat(measurements.latencies().getTotalCount()).isZero();
    }

    @Test
    void wakesForTheNextBoundary() {
        RunWindow window =
                new RunWindow(
                        new ForDuration(Duration.ofNanos(10), Duration.ofNanos(20)),
                        0,
                        measurements);

        assertThat(window.nextTurn(0, 100)).isEqualTo(10);
        assertThat(window.nextTurn(0, 5)).isEqualTo(5);
        assertThat(window.nextTurn(10, 100)).isEqualTo(30);
        assertThat(window.nextTurn(30, 100)).isEqualTo(100);
    }

    @Test
    void countsFailuresWheneverTheyHappen() {
        measurements.failure("TIMEOUT", "first");
        measurements.window(true, 0);
        measurements.failure("TIMEOUT", "second");
        measurements.failure("CONNECTION_LOST", "gone", 3);

        assertThat(measurements.failed()).isEqualTo(5);
        assertThat(measurements.failures())
                .containsExactly(
                        Map.entry("TIMEOUT", new Measurements.Failure(2, "first")),
                        Map.entry("CONNECTION_LOST", new Measurements.Failure(3, "gone")));
    }

    private void seeOneTask() {
        measurements.sent(30);
        measurements.received(10);
        measurements.success(1_000);
    }
}
