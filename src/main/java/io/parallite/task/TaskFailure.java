package io.parallite.task;

/**
 * Why a task failed, whether the daemon or its worker says so.
 *
 * @param code the {@code error_code}: a {@link FailureKind}, or one of the worker's choosing
 * @param message the {@code error}, of at most {@value #MAX_MESSAGE} characters
 */
public record TaskFailure(String code, String message) {

    public static final int MAX_MESSAGE = 1000;

    private static final int MAX_CODE = 100;

    /** Cuts what is too long to be kept. */
    public TaskFailure {
        code = shorten(code, MAX_CODE);
        message = shorten(message, MAX_MESSAGE);
    }

    /** {@code text}, or its beginning and an ellipsis when it has more than {@code max} chars. */
    static String shorten(String text, int max) {
        if (text.length() <= max) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(max - 2)) ? max - 2 : max - 1;
        return text.substring(0, end) + "…";
    }
}
