package io.parallite.bench;

import io.parallite.bench.Measurements.Failure;
import java.time.Duration;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a run has measured.
 *
 * @param elapsed the measured time
 * @param latencies of the tasks that succeeded in it, in nanoseconds
 * @param failures by code, over the whole run, in order of appearance
 * @param traffic in the measured time
 * @param unsent tasks that were due (at a constant rate) but found no free place
 * @param interrupted whether the user ended it early
 */
record BenchResult(
        Duration elapsed,
        Histogram latencies,
        Map<String, Failure> failures,
        Traffic traffic,
        long unsent,
        boolean interrupted) {

    /** Bytes sent and received. */
    record Traffic(long sent, long received) {}

    long tasks() {
        return latencies.getTotalCount();
    }

    long failed() {
        return failures.values().stream().mapToLong(Failure::count).sum();
    }

    double rate() {
        return perSecond(tasks());
    }

    double perSecond(long amount) {
        return elapsed.isZero() ? 0 : amount * 1e9 / elapsed.toNanos();
    }
}
