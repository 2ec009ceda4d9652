package io.parallite.task;

import io.parallite.units.Texts;
import org.jspecify.annotations.Nullable;

/**
 * Where a task failed, as far as its worker says.
 *
 * @param type the class of what was thrown
 * @param file of the user's own source, with {@code line}, which is 0 where it is unknown
 */
public record FailurePlace(@Nullable String type, @Nullable String file, int line) {

    /** A failure of which nothing is known but its kind. */
    public static final FailurePlace UNKNOWN = new FailurePlace(null, null, 0);

    private static final int LONGEST = 300;

    /** Cuts what is too long to be kept. */
    public FailurePlace {
        type = type == null ? null : Texts.shorten(type, LONGEST);
        file = file == null ? null : Texts.shorten(file, LONGEST);
        line = file == null ? 0 : line;
    }
}
