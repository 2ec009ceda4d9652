package io.parallite.cli;

import static io.parallite.units.Texts.printable;

import io.parallite.cli.Table.Column;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code parallite dead}: the tasks that the cluster has put aside. */
@Command(
        name = "dead",
        header = "Look at the cluster's dead letters, run them again or drop them.",
        description = {
            "A task is put aside when three nodes have died while they ran it, and when it is not signed"
                    + " with the cluster's secret. It stays in Redis until it is retried or dropped."
        },
        footer = {
            "  parallite dead list",
            "  parallite dead show report-4711",
            "  parallite dead retry report-4711 report-4712",
            "",
            "Exit codes: 0 done; 1 no such dead letter, no cluster, or Redis is away; 64 bad arguments;"
                    + " 69 no daemon; 78 bad configuration."
        })
public final class DeadCommand extends DaemonCommand {

    /** What to do. */
    enum Action {
        LIST,
        SHOW,
        RETRY,
        DROP;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Parameters(
            index = "0",
            paramLabel = "ACTION",
            defaultValue = "list",
            description = "list, show, retry or drop.")
    private String action = "list";

    @Parameters(
            index = "1..*",
            paramLabel = "TASK",
            arity = "0..*",
            description = "The ids of the tasks, for all but list.")
    private List<String> tasks = new ArrayList<>();

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "List at most so many (50).")
    private @Nullable Integer limit;

    @Override
    int run() throws DaemonException {
        Action asked = action();
        if (asked == Action.LIST) {
            return list();
        }
        int exitCode = ExitCode.OK;
        try (DaemonConnection daemon = connect()) {
            for (String task : tasks) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("task_id", task);
                fields.put("action", asked.word());
                Answer answer = daemon.call("dead", fields);
                if (answer.isOk()) {
                    report(asked, task, answer);
                } else {
                    exitCode = refused(answer);
                }
            }
        }
        return exitCode;
    }

    private Action action() {
        for (Action known : Action.values()) {
            if (known.word().equals(action)) {
                if ((known == Action.LIST) != tasks.isEmpty()) {
                    throw misused(
                            known == Action.LIST
                                    ? "list takes no task; did you mean show?"
                                    : action + " needs the id of a task");
                }
                return known;
            }
        }
        throw misused("'" + action + "' is none of list, show, retry and drop");
    }

    private ParameterException misused(String message) {
        return new ParameterException(spec().commandLine(), message);
    }

    private int list() throws DaemonException {
        Answer answer = ask("dead", limit == null ? Map.of() : Map.of("limit", limit));
        if (!answer.isOk()) {
            return refused(answer);
        }
        List<Node> letters = answer.node().at("dead").elements();
        if (wantsJson()) {
            letters.forEach(letter -> out().println(Json.line(letter.value())));
        } else {
            Table table =
                    new Table(
                            Column.left("TASK"),
                            Column.left("DIED"),
                            Column.right("DEATHS"),
                            Column.giving("WHY"));
            letters.forEach(
                    letter ->
                            table.add(
                                    text(letter, "task_id"),
                                    time(letter, "died_at"),
                                    String.valueOf(letter.at("deaths").whole()),
                                    text(letter, "error_code") + ": " + text(letter, "error")));
            table.lines(Terminal.width()).forEach(out()::println);
        }
        return ExitCode.OK;
    }

    private void report(Action done, String task, Answer answer) {
        if (wantsJson()) {
            out().println(answer.raw());
            return;
        }
        switch (done) {
            case RETRY -> out().printf("%s is queued again%n", printable(task));
            case DROP -> out().printf("%s is dropped%n", printable(task));
            case SHOW, LIST -> show(answer.node().at("dead"));
        }
    }

    private void show(Node letter) {
        out().printf("task       %s%n", text(letter, "task_id"));
        out().printf("why        %s: %s%n", text(letter, "error_code"), text(letter, "error"));
        out().printf("release    %s%n", text(letter, "release"));
        out().printf("last node  %s%n", text(letter, "node"));
        out().printf("deaths     %d%n", letter.at("deaths").whole());
        out().printf("submitted  %s%n", time(letter, "submitted_at"));
        out().printf("died       %s%n", time(letter, "died_at"));
    }

    private static String text(Node node, String field) {
        return printable(node.at(field).text().orElse(""));
    }

    private static String time(Node node, String field) {
        return Instant.ofEpochMilli(node.at(field).whole()).toString();
    }
}
