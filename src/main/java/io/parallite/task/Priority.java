package io.parallite.task;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Which of the waiting tasks goes first.
 *
 * <p>Tasks age while they wait: each counts as submitted by its {@link #steps} later than it was,
 * and the oldest by that goes first. So a task passes only those of a higher priority that came
 * long after it, and none starves.
 */
public enum Priority {
    HIGH(-1),
    NORMAL(0),
    LOW(1);

    /** By how much later a task counts as submitted for each step. */
    public static final Duration STEP = Duration.ofSeconds(30);

    private final int steps;

    Priority(int steps) {
        this.steps = steps;
    }

    /** How many times {@link #STEP} later than a normal one such a task counts as submitted. */
    public int steps() {
        return steps;
    }

    /** The name by which requests call it. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one that a request calls {@code name}. */
    public static Optional<Priority> named(String name) {
        for (Priority priority : values()) {
            if (priority.wireName().equals(name)) {
                return Optional.of(priority);
            }
        }
        return Optional.empty();
    }
}
