package io.parallite.admin;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.IntCountsHistogram;
import org.jspecify.annotations.Nullable;

/**
 * The last {@value #KEPT} samples of one length: rates a second, percentiles, of the queue the
 * longest and of workers the average. Takes no more than 100 KB. Owned by the engine's thread.
 */
final class SampleSeries {

    /** The values of each sample, in this order; durations in milliseconds. */
    static final List<String> FIELDS =
            List.of(
                    "at",
                    "completed",
                    "failed",
                    "cancelled",
                    "ran_p50",
                    "ran_p99",
                    "queued",
                    "busy",
                    "workers");

    static final int KEPT = 300;

    private static final double MICROS_PER_MILLI = 1000;
    private static final double NANOS_PER_SECOND = 1_000_000_000;

    private final int secondsEach;
    private final ArrayDeque<double[]> samples = new ArrayDeque<>();
    private final IntCountsHistogram ran = Second.histogram();
    private long nanos;
    private int seconds;
    private long completed;
    private long failed;
    private long cancelled;
    private int queued;
    private long busy;
    private long workers;

    /** A series whose samples are of so many seconds. */
    SampleSeries(int secondsEach) {
        this.secondsEach = secondsEach;
    }

    /** Adds a second; with the last one of a sample that is complete. */
    void add(Second second) {
        nanos += second.nanos();
        seconds++;
        completed += second.completed();
        failed += second.failed();
        cancelled += second.cancelled();
        ran.add(second.ran());
        queued = Math.max(queued, second.pool().queued());
        busy += second.pool().busy();
        workers += second.pool().workers().size();
        if (seconds == secondsEach) {
            complete(second.at());
        }
    }

    private void complete(long at) {
        if (samples.size() == KEPT) {
            samples.removeFirst();
        }
        double length = Math.max(1, nanos) / NANOS_PER_SECOND;
        samples.addLast(
                new double[] {
                    at,
                    completed / length,
                    failed / length,
                    cancelled / length,
                    percentile(50),
                    percentile(99),
                    queued,
                    (double) busy / seconds,
                    (double) workers / seconds
                });
        nanos = 0;
        seconds = 0;
        completed = 0;
        failed = 0;
        cancelled = 0;
        queued = 0;
        busy = 0;
        workers = 0;
        ran.reset();
    }

    /** In milliseconds; not a number where no task had run. */
    private double percentile(double share) {
        return ran.getTotalCount() == 0
                ? Double.NaN
                : ran.getValueAtPercentile(share) / MICROS_PER_MILLI;
    }

    /** The samples that ended after {@code since}, in milliseconds since the epoch. */
    Map<String, Object> since(long since) {
        List<List<@Nullable Object>> rows = new ArrayList<>();
        for (double[] sample : samples) {
            if (sample[0] > since) {
                rows.add(row(sample));
            }
        }
        return Map.of("fields", FIELDS, "seconds", secondsEach, "rows", rows);
    }

    private static List<@Nullable Object> row(double[] sample) {
        List<@Nullable Object> row = new ArrayList<>(sample.length);
        row.add((long) sample[0]);
        Arrays.stream(sample).skip(1).forEach(value -> row.add(orNull(value)));
        return row;
    }

    private static @Nullable Object orNull(double value) {
        return Double.isNaN(value) ? null : value;
    }
}
