package io.parallite.cluster.store;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt to connect: any time up to a bound that doubles with
 * each failure (full jitter), so that the nodes of a cluster do not come back at once.
 */
final class Backoff {

    private static final long FIRST_MILLIS = 100;
    private static final int MOST_DOUBLINGS = 6;

    private final RandomGenerator random;
    private int failures;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /** The wait after one more failure. */
    Duration next() {
        long bound = FIRST_MILLIS << Math.min(failures, MOST_DOUBLINGS);
        failures++;
        return Duration.ofMillis(random.nextLong(bound + 1));
    }

    /** Begins anew: the last attempt has succeeded. */
    void reset() {
        failures = 0;
    }
}
