package io.parallite.task;

import java.util.Locale;
import java.util.Optional;

/** Which worker a task asks for. */
public enum Isolation {
    /** Any. */
    NONE,
    /** As {@link #TASK} where workers are forked, so that a fresh one takes milliseconds. */
    AUTO,
    /** One that runs no other task, before it or after. */
    TASK;

    /** The one that a request calls {@code name}. */
    public static Optional<Isolation> named(String name) {
        for (Isolation isolation : values()) {
            if (isolation.name().toLowerCase(Locale.ROOT).equals(name)) {
                return Optional.of(isolation);
            }
        }
        return Optional.empty();
    }
}
