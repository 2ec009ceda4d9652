package io.parallite.task;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Which of the waiting tasks goes first.
 *
 * <p>Tasks age while they wait: each counts as submitted by its {@link #delay} later than it was,
 * and the oldest by that goes first. So a task passes only those of a higher priority that came
 * long after it, and none starves.
 */
public enum Priority {
    HIGH(Duration.ofSeconds(-30)),
    NORMAL(Duration.ZERO),
    LOW(Duration.ofSeconds(30));

    private final Duration delay;

    Priority(Duration delay) {
        this.delay = delay;
    }

    /** How much later than a normal one such a task counts as submitted; negative for earlier. */
    public Duration delay() {
        return delay;
    }

    /** The one that a request calls {@code name}. */
    public static Optional<Priority> named(String name) {
        for (Priority priority : values()) {
            if (priority.name().toLowerCase(Locale.ROOT).equals(name)) {
                return Optional.of(priority);
            }
        }
        return Optional.empty();
    }
}
