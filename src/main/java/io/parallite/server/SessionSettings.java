package io.parallite.server;

import java.time.Duration;

/**
 * The clients' share of the configuration.
 *
 * @param maxBody the longest request body in bytes
 * @param addBenchmark whether a benchmark is requested in each frame, for workers that do not know
 *     the daemon's {@code enable_benchmark}
 * @param frameTimeout how long a frame that has begun may take to get on
 * @param maxConnections how many connections there may be at a time
 */
public record SessionSettings(
        int maxBody, boolean addBenchmark, Duration frameTimeout, int maxConnections) {}
