package io.parallite.pool;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The growing, jittered delay between attempts to start what keeps failing: 1 s, 2 s, 4 s, … up to
 * 30 s, each stretched by up to a fifth so that a pool does not start in step.
 */
final class Backoff {

    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final double JITTER = 0.2;
    private static final int MAX_DOUBLINGS = 5;

    private final RandomGenerator random;
    private int failures;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    /** The delay after one more failure. */
    Duration next() {
        long millis = FIRST.toMillis() << Math.min(failures, MAX_DOUBLINGS);
        failures++;
        double stretched =
                Math.min(millis, LONGEST.toMillis()) * (1 + JITTER * random.nextDouble());
        return Duration.ofMillis((long) Math.min(stretched, LONGEST.toMillis()));
    }

    /** Begins again at one second. */
    void reset() {
        failures = 0;
    }
}
