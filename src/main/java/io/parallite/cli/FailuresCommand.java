package io.parallite.cli;

import static io.parallite.units.Texts.printable;

import io.parallite.cli.Table.Column;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code parallite failures}: what fails, by kind and place. */
@Command(
        name = "failures",
        header = "Show what fails: tasks by kind and place, with counts, the newest first.",
        description = {
            "One line for each error code, class, file and line: how often since the daemon started,"
                    + " when for the first and for the last time, and the newest task, of which"
                    + " `parallite task` tells all. The daemon remembers a hundred such groups."
        },
        footer = {
            "  parallite failures",
            "  parallite task \"$(parallite failures -n 1 --json | jq -r .task_id)\"",
            "",
            "Exit codes: 0 done; 1 refused; 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class FailuresCommand extends DaemonCommand {

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "At most so many (50).")
    private @Nullable Integer limit;

    @Override
    int run() throws DaemonException {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (limit != null) {
            fields.put("limit", limit);
        }
        Answer answer = ask("failures", fields);
        if (!answer.isOk()) {
            return refused(answer);
        }
        List<Node> groups = answer.node().at("failures").elements();
        if (wantsJson()) {
            groups.forEach(group -> out().println(Json.line(group.value())));
        } else if (groups.isEmpty()) {
            out().println("no task has failed");
        } else {
            table(groups).lines(Terminal.width()).forEach(out()::println);
        }
        return ExitCode.OK;
    }

    static Table table(List<Node> groups) {
        Table table =
                new Table(
                        Column.right("COUNT"),
                        Column.left("KIND"),
                        Column.left("LAST"),
                        Column.left("FIRST"),
                        Column.left("NEWEST"),
                        Column.giving("WHERE AND WHY"));
        for (Node group : groups) {
            table.add(
                    Long.toString(group.at("count").whole()),
                    printable(group.at("error_code").text().orElse(DaemonStats.ABSENT)),
                    group.at("last_at").text().orElse(DaemonStats.ABSENT),
                    group.at("first_at").text().orElse(DaemonStats.ABSENT),
                    printable(group.at("task_id").text().orElse("")),
                    where(group) + printable(group.at("error").text().orElse("")));
        }
        return table;
    }

    /** For example {@code App\Broken at /srv/app/Job.php:12: }; empty where nothing is known. */
    private static String where(Node group) {
        String place = TaskText.place(group);
        return place.isEmpty() ? "" : place + ": ";
    }
}
