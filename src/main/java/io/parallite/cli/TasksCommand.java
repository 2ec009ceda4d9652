package io.parallite.cli;

import static io.parallite.units.Texts.printable;

import io.parallite.cli.Table.Column;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code parallite tasks}: tasks in flight and recent ones. */
@Command(
        name = "tasks",
        header = "List tasks in flight and recent ones, newest first.",
        description = {
            "The daemon remembers the last two hundred that ended, and the last hundred that failed."
        },
        footer = {
            "  parallite tasks",
            "  parallite tasks --status failed --json | jq -r .error",
            "",
            "Exit codes: 0 done; 1 refused; 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class TasksCommand extends DaemonCommand {

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "At most so many (50).")
    private @Nullable Integer limit;

    @Option(
            names = "--status",
            paramLabel = "STATUS",
            description = "Only those that are pending, running, completed, failed or cancelled.")
    private @Nullable String status;

    @Override
    int run() throws DaemonException {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (limit != null) {
            fields.put("limit", limit);
        }
        if (status != null) {
            fields.put("status", status);
        }
        Answer answer = ask("tasks", fields);
        if (!answer.isOk()) {
            return refused(answer);
        }
        List<Node> tasks = answer.node().at("tasks").elements();
        if (wantsJson()) {
            tasks.forEach(task -> out().println(Json.line(task.value())));
        } else {
            table(tasks).lines(Terminal.width()).forEach(out()::println);
        }
        return ExitCode.OK;
    }

    static Table table(List<Node> tasks) {
        Table table =
                new Table(
                        Column.left("TASK"),
                        Column.left("STATUS"),
                        Column.right("WAITED"),
                        Column.right("RAN"),
                        Column.left("WORKER"),
                        Column.giving("NOTE"));
        for (Node task : tasks) {
            table.add(
                    printable(task.at("task_id").text().orElse("")),
                    task.at("status").text().orElse(DaemonStats.ABSENT),
                    DaemonStats.time(task.at("queued_ms")),
                    DaemonStats.time(task.at("ran_ms")),
                    task.at("worker").text().orElse(""),
                    note(task));
        }
        return table;
    }

    private static String note(Node task) {
        String error = printable(task.at("error").text().orElse(""));
        return task.at("error_code")
                .text()
                .map(code -> error.isEmpty() ? code : code + ": " + error)
                .orElseGet(() -> TaskText.progress(task.at("progress")));
    }
}
