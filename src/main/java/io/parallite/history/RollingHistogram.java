package io.parallite.history;

import java.util.Objects;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.IntCountsHistogram;
import org.jspecify.annotations.Nullable;

/**
 * The distribution of durations over about the last minute: of the current ten seconds and the six
 * stretches of ten seconds before them. Durations are given to 1 % of their value, in microseconds
 * up to a day.
 *
 * <p>Takes 14 KiB a stretch, none before the first value. Owned by one thread.
 */
final class RollingHistogram {

    private static final long SLICE_NANOS = 10_000_000_000L;
    private static final int SLICES = 7;
    private static final int DIGITS = 2;
    private static final long LONGEST_MICROS = 86_400_000_000L;
    private static final long NANOS_PER_MICRO = 1000;
    private static final double MICROS_PER_MILLI = 1000;

    private final @Nullable IntCountsHistogram[] slices = new IntCountsHistogram[SLICES];
    private final long[] numbers = new long[SLICES];

    /** Adds a duration at the time {@code now}, of {@code Engine.nanoTime}. */
    void record(long durationNanos, long now) {
        slice(now).recordValue(Math.clamp(durationNanos / NANOS_PER_MICRO, 0, LONGEST_MICROS));
    }

    private IntCountsHistogram slice(long now) {
        long number = Math.floorDiv(now, SLICE_NANOS);
        int at = (int) Math.floorMod(number, (long) SLICES);
        IntCountsHistogram slice = slices[at];
        if (slice == null) {
            slice = new IntCountsHistogram(LONGEST_MICROS, DIGITS);
            slices[at] = slice;
            numbers[at] = number;
        } else if (numbers[at] != number) {
            slice.reset();
            numbers[at] = number;
        }
        return slice;
    }

    /** What was recorded in the last minute. */
    Percentiles percentiles(long now) {
        long number = Math.floorDiv(now, SLICE_NANOS);
        Histogram all = new Histogram(LONGEST_MICROS, DIGITS);
        for (int i = 0; i < SLICES; i++) {
            if (slices[i] != null && numbers[i] > number - SLICES) {
                all.add(Objects.requireNonNull(slices[i]));
            }
        }
        return new Percentiles(
                all.getTotalCount(),
                millis(all.getValueAtPercentile(50)),
                millis(all.getValueAtPercentile(90)),
                millis(all.getValueAtPercentile(99)),
                millis(all.getMaxValue()));
    }

    private static double millis(long micros) {
        return micros / MICROS_PER_MILLI;
    }
}
