package io.parallite.cli;

import static io.parallite.units.Texts.printable;

import io.parallite.units.Texts;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
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
                    "pid",
                    "error_code",
                    "error");

    private TaskText() {}

    /** All that is known of a task, from the answer to {@code task}. */
    static void describe(Node task, PrintWriter out) {
        out.printf("%-10s %s%n", "task", printable(task.at("task_id").text().orElse("")));
        text(task.at("name")).ifPresent(name -> out.printf("%-10s %s%n", "name", printable(name)));
        print(task, out);
        out.printf("%-10s %s%n", "waited", DaemonStats.time(task.at("queued_ms")));
        if (task.at("started_at").isPresent()) {
            out.printf("%-10s %s%n", "ran", DaemonStats.time(task.at("ran_ms")));
        }
        String place = place(task);
        if (!place.isEmpty()) {
            out.printf("%-10s %s%n", "thrown", place);
        }
        code(task).ifPresent(code -> out.printf("%-10s %s%n", "code", code));
        block("trace", task, out);
        block("output", task, out);
    }

    /** For example {@code App\Broken at /srv/app/Job.php:12}; empty where nothing is known. */
    static String place(Node failure) {
        String type = printable(failure.at("class").text().orElse(""));
        String at =
                failure.at("file")
                        .text()
                        .map(file -> "at %s:%d".formatted(file, failure.at("line").whole()))
                        .orElse("");
        return (type + " " + printable(at)).strip();
    }

    /** The code of the exception, unless it is the default. */
    private static Optional<String> code(Node task) {
        return text(task.at("code")).filter(code -> !code.equals("0")).map(Texts::printable);
    }

    /** A text of several lines, indented below its title. */
    private static void block(String title, Node task, PrintWriter out) {
        task.at(title)
                .text()
                .filter(text -> !text.isEmpty())
                .ifPresent(
                        text -> {
                            out.println(title);
                            text.lines().forEach(line -> out.println("  " + printable(line)));
                        });
    }

    static void print(Node task, PrintWriter out) {
        for (String field : FIELDS) {
            text(task.at(field))
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

    private static Optional<String> text(Node field) {
        OptionalDouble number = field.number();
        return number.isPresent()
                ? Optional.of(Long.toString((long) number.getAsDouble()))
                : field.text();
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
