package io.parallite.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code parallite status}: how the daemon, or one task, is doing. */
@Command(
        name = "status",
        header = "Show how the daemon, or one task, is doing.",
        description = {
            "Without TASK: version, workers, queue, tasks, rates and latency. With TASK: its state,"
                    + " its times, and why it failed.",
            "",
            "Fit for health checks: exits with 1 when the daemon is not ready, as /q/health/ready says:"
                    + " it is stopping, its workers do not start, or its queue is full (the setting"
                    + " readiness)."
        },
        footer = {
            "  parallite status",
            "  parallite status --json | jq .queue.length",
            "  parallite status cli-7d41b2f09c13",
            "",
            "Exit codes: 0 the daemon is ready, the task is known; 1 it is not;"
                    + " 64 bad arguments; 69 no daemon; 78 bad configuration."
        })
public final class StatusCommand extends DaemonCommand {

    @Parameters(paramLabel = "TASK", arity = "0..1", description = "The id of a task.")
    private @Nullable String task;

    @Override
    int run() throws DaemonException {
        Answer answer =
                task == null ? ask("stats", Map.of()) : ask("status", Map.of("task_id", task));
        if (!answer.isOk()) {
            return refused(answer);
        }
        DaemonStats stats = new DaemonStats(answer.node());
        if (wantsJson()) {
            out().println(answer.raw());
        } else if (task == null) {
            print(stats, out());
        } else {
            TaskText.print(answer.node(), out());
        }
        return task != null || stats.isReady() ? ExitCode.OK : ExitCode.FAILED;
    }

    private void print(DaemonStats stats, PrintWriter out) {
        out.printf(
                "Parallite %s, pid %d, up %s, at %s%n",
                stats.version(), stats.pid(), stats.uptime(), address().text());
        row(
                "workers",
                "%s (%d kept, at most %d)"
                        .formatted(
                                stats.workersText(),
                                stats.pool("fixed_workers"),
                                stats.pool("max_workers")));
        stats.poolTexts().forEach((name, text) -> row("pool", name + ": " + text));
        row("restarts", stats.restartsText());
        Optional.of(stats.templateText())
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> row("template", text));
        row("queue", stats.queueText());
        row("tasks", stats.tasksText());
        if (stats.hasRates()) {
            row("rate", stats.rateText());
            row("waited", stats.latencyText("queued"));
            row("ran", stats.latencyText("ran"));
        }
        stats.clientTexts().forEach(text -> row("client", text));
        row("results", stats.cacheText());
        Optional.of(stats.clusterText())
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> row("cluster", text));
        Optional.of(stats.transition())
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> row("now", text));
        List<String> problems = stats.problems();
        problems.forEach(text -> row("problem", text));
        stats.shortages().forEach(text -> row("short", text));
        if (problems.isEmpty() && !stats.startFailure().isEmpty()) {
            row("problem", "workers do not start: " + stats.startFailure());
        }
    }

    private void row(String title, String text) {
        out().printf("  %-9s %s%n", title, text);
    }
}
