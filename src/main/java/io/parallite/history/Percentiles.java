package io.parallite.history;

/**
 * A distribution of durations, in milliseconds; all are 0 when there was nothing to tell of.
 *
 * @param count how many durations it tells of
 */
public record Percentiles(long count, double p50, double p90, double p99, double max) {}
