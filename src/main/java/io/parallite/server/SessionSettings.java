package io.parallite.server;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The clients' share of the configuration.
 *
 * @param maxBody the longest request body in bytes
 * @param addBenchmark whether a benchmark is requested in each frame, for workers that do not know
 *     the daemon's {@code enable_benchmark}
 * @param frameTimeout how long a frame that has begun may take to get on
 * @param maxConnections how many connections there may be at a time
 * @param quotas what each client may have
 * @param sharedBytes how many bytes the values may have that tasks share
 * @param sharedValues where workers look for those; {@code null} when they do not
 */
public record SessionSettings(
        int maxBody,
        boolean addBenchmark,
        Duration frameTimeout,
        int maxConnections,
        QuotaSettings quotas,
        long sharedBytes,
        @Nullable Path sharedValues) {}
