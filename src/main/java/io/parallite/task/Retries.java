package io.parallite.task;

import java.time.Duration;
import java.util.Set;

/**
 * How often a task is run again that has failed, and for what.
 *
 * @param times how often at most; 0: never
 * @param delay before the first time; it doubles with each, and half of it is random
 * @param codes the failures for which it is run again, as {@code error_code} tells them
 */
public record Retries(int times, Duration delay, Set<String> codes) {

    /** The failures of a task itself. */
    public static final Set<String> USUAL_CODES =
            Set.of("EXCEPTION", "EXITED", "FATAL", "TIMEOUT", "WORKER_CRASHED");

    /** What has failed has ended. */
    public static final Retries NONE = new Retries(0, Duration.ZERO, Set.of());

    /** Whether a task is run again that has failed like this, as long as times are left. */
    public boolean coversFailure(String code) {
        return times > 0 && codes.contains(code);
    }
}
