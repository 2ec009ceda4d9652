package io.parallite.cli;

import io.parallite.cli.Table.Column;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code parallite workers}: the worker processes and what they do. */
@Command(
        name = "workers",
        header = "List the worker processes and what they do.",
        description = {
            "Name, process id, state, the task it runs and for how long, tasks done, resident memory,"
                    + " processor time and age of each worker."
        },
        footer = {
            "  parallite workers",
            "  parallite workers --json | jq -r 'select(.state == \"busy\") | .task_id'",
            "",
            "Exit codes: 0 done; 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class WorkersCommand extends DaemonCommand {

    @Override
    int run() throws DaemonException {
        Answer answer = ask("stats", Map.of());
        if (!answer.isOk()) {
            return refused(answer);
        }
        List<DaemonStats.Worker> workers = new DaemonStats(answer.node()).workers();
        if (wantsJson()) {
            workers.forEach(worker -> out().println(Json.line(worker.node().value())));
        } else {
            table(workers).lines(Terminal.width()).forEach(out()::println);
        }
        return ExitCode.OK;
    }

    static Table table(List<DaemonStats.Worker> workers) {
        return WorkerTable.of(
                workers,
                List.of(Column.right("CPU"), Column.right("AGE")),
                worker -> List.of(DaemonStats.time(worker.node().at("cpu_ms")), worker.ageText()));
    }
}
