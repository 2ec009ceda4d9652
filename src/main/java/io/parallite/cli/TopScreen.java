package io.parallite.cli;

import io.parallite.cli.DaemonStats.Worker;
import io.parallite.cli.Table.Column;
import io.parallite.cli.Terminal.Line;
import io.parallite.cli.Terminal.Size;
import io.parallite.cli.Terminal.Style;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** What {@code top} shows: figures of the daemon, then as many workers as there is room for. */
final class TopScreen {

    private static final String HELP =
            " q quit  order: t task  c cpu  m memory  d done  n name  s next";

    /** In which order workers are shown. */
    enum Order {
        TASK(Comparator.comparingDouble(Worker::taskAge).reversed()),
        CPU(null),
        MEMORY(Comparator.comparingDouble(Worker::memory).reversed()),
        DONE(Comparator.comparingLong(Worker::served).reversed()),
        NAME(Comparator.comparing(Worker::name, TopScreen::byNumber));

        @SuppressWarnings("ImmutableEnumChecker") // comparators have no state
        private final @Nullable Comparator<Worker> comparator;

        Order(@Nullable Comparator<Worker> comparator) {
            this.comparator = comparator;
        }

        Comparator<Worker> comparator(CpuMeter cpu) {
            Comparator<Worker> first =
                    comparator == null
                            ? Comparator.comparingDouble(
                                    (Worker worker) -> -cpu.percent(worker).orElse(-1))
                            : comparator;
            return first.thenComparing(Worker::name, TopScreen::byNumber);
        }

        @SuppressWarnings("EnumOrdinal") // the order of declaration is the order of the keys
        Order next() {
            return values()[(ordinal() + 1) % values().length];
        }
    }

    private final CpuMeter cpu;
    private Order order = Order.TASK;
    private int scrolled;

    TopScreen(CpuMeter cpu) {
        this.cpu = cpu;
    }

    /** {@code work-2} comes before {@code work-10}. */
    private static int byNumber(String a, String b) {
        return a.length() == b.length() ? a.compareTo(b) : Integer.compare(a.length(), b.length());
    }

    void sortBy(Order wanted) {
        order = wanted;
        scrolled = 0;
    }

    Order order() {
        return order;
    }

    void scrollBy(int rows) {
        scrolled = Math.max(0, scrolled + rows);
    }

    /**
     * The lines for a terminal.
     *
     * @param where the daemon's address
     * @param clock the time of day, for the corner
     */
    List<Line> lines(DaemonStats stats, String where, String clock, Size size) {
        List<Line> lines = new ArrayList<>(head(stats, where, clock, size.width()));
        List<Worker> workers = stats.workers().stream().sorted(order.comparator(cpu)).toList();
        int room = Math.max(1, size.height() - lines.size() - 2);
        scrolled = Math.max(0, Math.min(scrolled, workers.size() - room));
        List<Worker> shown = workers.subList(scrolled, Math.min(workers.size(), scrolled + room));
        List<String> table = table(shown).lines(size.width());
        lines.add(new Line(pad(table.getFirst(), size.width()), Style.INVERSE));
        for (int i = 0; i < shown.size(); i++) {
            boolean busy = shown.get(i).state().equals("busy");
            lines.add(new Line(table.get(i + 1), busy ? Style.BOLD : Style.PLAIN));
        }
        if (workers.isEmpty()) {
            lines.add(new Line("no workers", Style.DIM));
        }
        while (lines.size() < size.height() - 1) {
            lines.add(new Line("", Style.PLAIN));
        }
        lines.add(new Line(foot(workers.size(), shown.size(), size.width()), Style.DIM));
        return lines;
    }

    private String foot(int workers, int shown, int width) {
        String place =
                shown < workers
                        ? "%d-%d of %d".formatted(scrolled + 1, scrolled + shown, workers)
                        : "by " + order.name().toLowerCase(Locale.ROOT);
        return spread(HELP, place, width);
    }

    /** The figures above the table; they stand for themselves where there is no terminal. */
    static List<Line> head(DaemonStats stats, String where, String clock, int width) {
        List<Line> lines = new ArrayList<>();
        String title =
                "Parallite %s  pid %d  up %s  %s"
                        .formatted(stats.version(), stats.pid(), stats.uptime(), where);
        lines.add(new Line(spread(title, clock, width), Style.BOLD));
        add(
                lines,
                "workers",
                "%s  (%d kept, at most %d)"
                        .formatted(
                                stats.workersText(),
                                stats.pool("fixed_workers"),
                                stats.pool("max_workers")));
        if (stats.pool("restarts") > 0) {
            add(lines, "restarts", stats.restartsText());
        }
        if (!stats.templateText().isEmpty()) {
            add(lines, "template", stats.templateText());
        }
        add(lines, "queue", stats.queueText());
        add(lines, "tasks", stats.tasksText());
        add(lines, "rate", stats.rateText());
        add(lines, "waited", stats.latencyText("queued"));
        add(lines, "ran", stats.latencyText("ran"));
        if (!stats.clusterText().isEmpty()) {
            add(lines, "cluster", stats.clusterText());
        }
        if (!stats.transition().isEmpty()) {
            lines.add(new Line("now      " + stats.transition(), Style.ALARM));
        }
        if (!stats.startFailure().isEmpty()) {
            lines.add(new Line("problem  " + stats.startFailure(), Style.ALARM));
        }
        lines.add(new Line("", Style.PLAIN));
        return lines;
    }

    private static void add(List<Line> lines, String title, String text) {
        lines.add(new Line("%-8s %s".formatted(title, text), Style.PLAIN));
    }

    Table table(List<Worker> workers) {
        return WorkerTable.of(
                workers,
                List.of(Column.right("CPU%")),
                worker -> List.of(percent(cpu.percent(worker))));
    }

    private static String percent(OptionalDouble percent) {
        return percent.isPresent()
                ? String.format(Locale.ROOT, "%.1f", percent.getAsDouble())
                : DaemonStats.ABSENT;
    }

    /** One text at the left, one at the right; the left one gives way. */
    private static String spread(String left, String right, int width) {
        int room = width - right.length() - 1;
        return room < 0 ? Table.cut(left, width) : pad(Table.cut(left, room), room + 1) + right;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, Math.min(width, 1000) - text.length()));
    }
}
