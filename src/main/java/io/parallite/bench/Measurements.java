package io.parallite.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What a run has seen so far, owned by the generator's thread.
 *
 * <p>Successes and bytes count while the window is open, that is between the warm-up and the end of
 * the measured time. Failures count from the first task to the last: none is hidden by its moment.
 * Successes are recorded once, by interval, and an interval is added to the window when it ends.
 * Latencies are nanoseconds in a histogram of three significant digits, up to an hour.
 */
final class Measurements {

    private static final long LONGEST_NANOS = 3_600_000_000_000L;

    /** A kind of failure: the count and the message of the first. */
    record Failure(long count, String firstMessage) {}

    private final Histogram whole = new Histogram(LONGEST_NANOS, 3);
    private final Histogram interval = new Histogram(LONGEST_NANOS, 3);
    private final Map<String, Failure> failures = new LinkedHashMap<>();

    private boolean windowOpen;
    private long intervalFrom;
    private long bytesIn;
    private long bytesOut;
    private long failed;

    /** Opens or closes the measured window, which begins an interval. */
    void window(boolean open, long now) {
        nextInterval(now);
        windowOpen = open;
    }

    void success(long latencyNanos) {
        interval.recordValue(Math.clamp(latencyNanos, 0, LONGEST_NANOS));
    }

    void failure(String code, String message) {
        failure(code, message, 1);
    }

    void failure(String code, String message, long tasks) {
        failed += tasks;
        failures.merge(
                code,
                new Failure(tasks, message),
                (old, added) -> new Failure(old.count() + added.count(), old.firstMessage()));
    }

    void received(long bytes) {
        if (windowOpen) {
            bytesIn += bytes;
        }
    }

    void sent(long bytes) {
        if (windowOpen) {
            bytesOut += bytes;
        }
    }

    long failed() {
        return failed;
    }

    /** The successes since the interval began, for the progress line. */
    Histogram interval() {
        return interval;
    }

    /** When the interval began. */
    long intervalFrom() {
        return intervalFrom;
    }

    /** Ends an interval, whose successes join the window's if it is open, and begins the next. */
    void nextInterval(long now) {
        if (windowOpen) {
            whole.add(interval);
        }
        interval.reset();
        intervalFrom = now;
    }

    /** The successes of the window up to the last interval's end. */
    Histogram latencies() {
        return whole;
    }

    Map<String, Failure> failures() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(failures));
    }

    long bytesIn() {
        return bytesIn;
    }

    long bytesOut() {
        return bytesOut;
    }
}
