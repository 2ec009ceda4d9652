package io.parallite.task;

import io.parallite.units.Texts;

/**
 * Why a task failed, whether the daemon or its worker says so.
 *
 * @param code the {@code error_code}: a {@link FailureKind}, or one of the worker's choosing
 * @param message the {@code error}, of at most {@value #MAX_MESSAGE} characters
 * @param place where, as far as that is known
 */
public record TaskFailure(String code, String message, FailurePlace place) {

    public static final int MAX_MESSAGE = 1000;

    private static final int MAX_CODE = 100;

    /** Cuts what is too long to be kept. */
    public TaskFailure {
        code = Texts.shorten(code, MAX_CODE);
        message = Texts.shorten(message, MAX_MESSAGE);
    }

    /** A failure whose place is unknown. */
    public TaskFailure(String code, String message) {
        this(code, message, FailurePlace.UNKNOWN);
    }
}
