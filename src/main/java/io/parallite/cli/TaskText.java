package io.parallite.cli;

import static io.parallite.units.Texts.printable;

import java.io.PrintWriter;
import java.util.List;
import java.util.OptionalDouble;

/** A task's state for people, from the answer to {@code status} or an element of {@code tasks}. */
final class TaskText {

    private static final List<String> FIELDS =
            List.of(
                    "status",
                    "submitted_at",
                    "started_at",
                    "completed_at",
                    "worker",
                    "error_code",
                    "error");

    private TaskText() {}

    static void print(Node task, PrintWriter out) {
        for (String field : FIELDS) {
            task.at(field)
                    .text()
                    .ifPresent(
                            text ->
                                    out.printf(
                                            "%-10s %s%n",
                                            field.replace("_at", "").replace('_', ' '),
                                            printable(text)));
        }
        String progress = progress(task.at("progress"));
        if (!progress.isEmpty()) {
            out.printf("%-10s %s%n", "progress", progress);
        }
    }

    /** For example {@code 50 %, half way}; empty when there is none. */
    static String progress(Node progress) {
        OptionalDouble fraction = progress.at("fraction").number();
        String percent =
                fraction.isPresent() ? Math.round(fraction.getAsDouble() * 100) + " %" : "";
        String message = printable(progress.at("message").text().orElse(""));
        return percent.isEmpty() || message.isEmpty()
                ? percent + message
                : percent + ", " + message;
    }
}
