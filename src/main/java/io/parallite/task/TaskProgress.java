package io.parallite.task;

import io.parallite.units.Texts;
import org.jspecify.annotations.Nullable;

/**
 * How far a running task says it is.
 *
 * @param fraction from 0 to 1; {@code null} when it cannot tell
 * @param message a word for people, of at most {@value #MAX_MESSAGE} characters
 */
public record TaskProgress(@Nullable Double fraction, @Nullable String message) {

    public static final int MAX_MESSAGE = 500;

    /** Cuts a message that is too long to be kept. */
    public TaskProgress {
        message = message == null ? null : Texts.shorten(message, MAX_MESSAGE);
    }
}
