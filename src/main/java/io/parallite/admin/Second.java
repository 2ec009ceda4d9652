package io.parallite.admin;

import io.parallite.pool.PoolSnapshot;
import java.time.Duration;
import org.HdrHistogram.IntCountsHistogram;

/**
 * What happened in one second, or in a little more where the look at it came late.
 *
 * @param at its end, in milliseconds since the epoch
 * @param nanos how long it was
 * @param ran microseconds that its tasks were on their workers
 * @param pool as it was at its end
 */
record Second(
        long at,
        long nanos,
        long completed,
        long failed,
        long cancelled,
        IntCountsHistogram ran,
        PoolSnapshot pool) {

    /** Longer run times are counted as this one. */
    static final long LONGEST_MICROS = Duration.ofDays(1).toNanos() / 1000;

    private static final int DIGITS = 2;

    /** An empty one for run times. */
    static IntCountsHistogram histogram() {
        return new IntCountsHistogram(LONGEST_MICROS, DIGITS);
    }
}
