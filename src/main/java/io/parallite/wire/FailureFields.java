package io.parallite.wire;

import io.parallite.task.FailurePlace;
import io.parallite.task.TaskFailure;
import org.jspecify.annotations.Nullable;

/** The fields of a reply that say why its task failed, in whatever order they come. */
final class FailureFields {

    private @Nullable String code;
    private @Nullable String message;
    private @Nullable String type;
    private @Nullable String file;
    private int line;

    /** Whether a text of this name is one of them. */
    static boolean isText(String field) {
        return switch (field) {
            case "error_code", "error", "class", "file" -> true;
            default -> false;
        };
    }

    /** Whether a number of this name is. */
    static boolean isNumber(String field) {
        return field.equals("line");
    }

    void put(String field, String text) {
        switch (field) {
            case "error_code" -> code = text;
            case "error" -> message = text;
            case "class" -> type = text;
            case "file" -> file = text;
            default -> throw new IllegalArgumentException(field);
        }
    }

    void line(int number) {
        line = number;
    }

    /** The failure in these fields; a failure without a reason where they are {@code null}. */
    static TaskFailure read(@Nullable FailureFields fields) {
        FailureFields given = fields == null ? new FailureFields() : fields;
        return new TaskFailure(
                given.code == null ? "UNKNOWN" : given.code,
                given.message == null ? "the worker has given no reason" : given.message,
                given.place());
    }

    private FailurePlace place() {
        return type == null && file == null
                ? FailurePlace.UNKNOWN
                : new FailurePlace(type, file, line);
    }
}
