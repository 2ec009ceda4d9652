package io.parallite.task;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a cluster is to deliver a detached task.
 *
 * @param atMostOnce whether it fails when its machine is lost instead of being run again
 * @param delay how long it waits before it may run
 * @param retries what is done when it fails
 * @param unique a key that one task has at a time, from its submit to its end; {@code null}: none
 */
public record Delivery(
        boolean atMostOnce, Duration delay, Retries retries, @Nullable String unique) {

    /** At once, at least once, and not again when it fails. */
    public static final Delivery USUAL = new Delivery(false, Duration.ZERO, Retries.NONE, null);

    /** The usual one, but at most once. */
    public static final Delivery AT_MOST_ONCE =
            new Delivery(true, Duration.ZERO, Retries.NONE, null);

    /** Whether only a cluster can do it. */
    public boolean needsCluster() {
        return delay.isPositive() || retries.times() > 0 || unique != null;
    }
}
