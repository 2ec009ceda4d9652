package io.parallite.history;

/**
 * A distribution of durations, in milliseconds; all are 0 when there are no durations.
 *
 * @param count the number of durations
 */
public record Percentiles(long count, double p50, double p90, double p99, double max) {}
