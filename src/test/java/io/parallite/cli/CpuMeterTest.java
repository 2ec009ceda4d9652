package io.parallite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.cli.DaemonStats.Worker;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class CpuMeterTest {

    private static final long SECOND = 1_000_000_000L;

    private final CpuMeter meter = new CpuMeter();

    @Test
    void takesTheAverageSinceTheStartAtFirst() throws IOException {
        Worker worker = worker(7, 500, 2000);
        meter.note(List.of(worker), 0);

        assertThat(meter.percent(worker)).hasValue(25);
    }

    @Test
    void takesTheLastFewLooksThen() throws IOException {
        for (int second = 0; second < 10; second++) {
            meter.note(List.of(worker(7, second < 5 ? 0 : (second - 5) * 600, 1)), second * SECOND);
        }

        assertThat(meter.percent(worker(7, 0, 1))).hasValue(60);
    }

    @Test
    void knowsNothingOfWhatIsNotTold() throws IOException {
        Worker silent = new Worker(JsonTest.read("{\"pid\":7,\"age_ms\":100}"));
        meter.note(List.of(silent), 0);

        assertThat(meter.percent(silent)).isEmpty();
    }

    @Test
    void startsAnewForANewProcess() throws IOException {
        meter.note(List.of(worker(7, 100, 1000)), 0);
        meter.note(List.of(worker(8, 0, 1000)), SECOND);
        Worker again = worker(7, 300, 1000);
        meter.note(List.of(again), 2 * SECOND);

        assertThat(meter.percent(again)).hasValue(30);
    }

    private static Worker worker(long pid, long cpuMillis, long ageMillis) throws IOException {
        return new Worker(
                JsonTest.read(
                        "{\"pid\":%d,\"cpu_ms\":%d,\"age_ms\":%d}"
                                .formatted(pid, cpuMillis, ageMillis)));
    }
}
