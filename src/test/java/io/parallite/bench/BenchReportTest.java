package io.parallite.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.bench.BenchPlan.ForTasks;
import io.parallite.bench.Measurements.Failure;
import io.parallite.config.DaemonAddress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class BenchReportTest {

    private static final BenchPlan PLAN =
            new BenchPlan(
                    DaemonAddress.find("/run/p.sock", null, Map.of(), Path.of("/")),
                    8,
                    1,
                    new ForTasks(10),
                    0,
                    Duration.ofSeconds(65));

    private final BenchReport report =
            new BenchReport(PLAN, BenchFrames.json(new byte[] {'x'}, null), "JSON");

    @Test
    void printsFiguresInHumanUnits() {
        String table = print(result(Map.of(), 0, 61_000, 100_000, 3_200_000));

        assertThat(table)
                .contains("tasks     3 in 2.00 s")
                .contains("rate      1.50 tasks/s")
                .contains("sent      2.00 MB/s")
                .contains("received  1.00 MB/s")
                .contains("errors    0")
                .containsPattern("min +61\\.0 us")
                .containsPattern("p50 +100 us")
                .containsPattern("p99\\.99 +3\\.20 ms")
                .containsPattern("max +3\\.20 ms")
                .doesNotContain("unsent", "interrupted", "first message");
    }

    @Test
    void listsFailuresWithTheirFirstMessage() {
        String table =
                print(result(Map.of("INVALID_PAYLOAD", new Failure(12, "not\u001b\ncallable")), 7));

        assertThat(table)
                .contains("errors    12")
                .contains("12  INVALID_PAYLOAD: not " + System.lineSeparator())
                .contains("unsent    7 due but found no free place")
                .contains("No task succeeded")
                .contains("--php");
    }

    @Test
    void headsWithWhatIsMeasured() {
        assertThat(report.headline())
                .startsWith("/run/p.sock: 8 connections x 1 in flight, frames of ")
                .endsWith(" JSON");
    }

    @Test
    void writesJsonForPrograms() {
        String json = report.json(result(Map.of("FATAL", new Failure(1, "a \"b\"")), 0, 1_000));

        assertThat(json)
                .doesNotContain("\n")
                .contains("\"target\":\"/run/p.sock\"")
                .contains("\"elapsed_ns\":2000000000")
                .contains("\"tasks\":1,")
                .contains("\"p99.9\":1000")
                .contains("\"errors\":1,")
                .contains("\"first_message\":\"a \\\"b\\\"\"");
    }

    private String print(BenchResult result) {
        StringWriter text = new StringWriter();
        report.print(result, new PrintWriter(text));
        return text.toString();
    }

    private static BenchResult result(Map<String, Failure> failures, long unsent, long... nanos) {
        Histogram latencies = new Histogram(3);
        for (long latency : nanos) {
            latencies.recordValue(latency);
        }
        return new BenchResult(
                Duration.ofSeconds(2),
                latencies,
                failures,
                new BenchResult.Traffic(4_000_000, 2_000_000),
                unsent,
                false);
    }
}
