package io.parallite.server;

/**
 * A session's share of the configuration.
 *
 * @param maxBody the longest request body in bytes
 * @param addBenchmark whether frames are told to ask for a benchmark, for workers that do not know
 *     the daemon's {@code enable_benchmark}
 */
public record SessionSettings(int maxBody, boolean addBenchmark) {}
