package io.parallite.cli;

import io.parallite.cli.Terminal.Line;
import io.parallite.cli.Terminal.Style;
import io.parallite.cli.TopScreen.Order;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code parallite top}: the daemon and its workers, live. */
@Command(
        name = "top",
        header = "Watch the workers, live.",
        description = {
            "Refreshed each second: the state of the workers, the task each runs and for how long,"
                    + " tasks done, memory, processor; the queue; rates and percentiles of the last"
                    + " minute. Stays when the daemon goes, and goes on when it is back.",
            "",
            "Keys: q or Ctrl-C quits, s changes the order, or t c m d n choose it (task, cpu, memory,"
                    + " done, name), up, down, page up and page down scroll. Where standard output is"
                    + " no terminal, one look is printed."
        },
        footer = {
            "  parallite top",
            "  ssh -t server parallite top",
            "",
            "Exit codes: 0 quit; 64 bad arguments; 69 no daemon at the start; 78 bad configuration."
        })
public final class TopCommand extends DaemonCommand {

    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final int PAGE = 10;

    private final CpuMeter cpu = new CpuMeter();
    private final TopScreen screen = new TopScreen(cpu);
    private @Nullable DaemonConnection daemon;
    private @Nullable DaemonStats last;
    private String trouble = "";

    @Override
    int run() throws DaemonException {
        DaemonStats stats = look();
        PrintStream out =
                new PrintStream(
                        new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        Optional<Terminal> terminal = wantsJson() ? Optional.empty() : Terminal.open(out);
        if (terminal.isEmpty()) {
            printOnce(stats);
            return ExitCode.OK;
        }
        try (Terminal screenOnTerminal = terminal.get()) {
            watch(screenOnTerminal);
        } finally {
            disconnect();
        }
        return ExitCode.OK;
    }

    private void printOnce(DaemonStats stats) {
        if (wantsJson()) {
            out().println(Json.line(stats.node().value()));
            return;
        }
        TopScreen.head(stats, address().text(), "", Terminal.width())
                .forEach(line -> out().println(line.text().strip()));
        screen.table(stats.workers()).lines(Terminal.width()).forEach(out()::println);
    }

    private void watch(Terminal terminal) {
        long next = System.nanoTime() + PERIOD.toNanos();
        draw(terminal);
        try {
            while (true) {
                long left = next - System.nanoTime();
                String key = left > 0 ? terminal.key(Duration.ofNanos(left)) : null;
                if (key == null) {
                    next = System.nanoTime() + PERIOD.toNanos();
                    lookAgain();
                } else if (isQuit(key)) {
                    return;
                } else {
                    obey(key);
                }
                draw(terminal);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isQuit(String key) {
        return key.equals("q") || key.equals("Q") || key.equals("\003") || key.equals("\004");
    }

    private void obey(String key) {
        switch (key) {
            case "s" -> screen.sortBy(screen.order().next());
            case "t" -> screen.sortBy(Order.TASK);
            case "c" -> screen.sortBy(Order.CPU);
            case "m" -> screen.sortBy(Order.MEMORY);
            case "d" -> screen.sortBy(Order.DONE);
            case "n" -> screen.sortBy(Order.NAME);
            case "\033[A", "\033OA", "k" -> screen.scrollBy(-1);
            case "\033[B", "\033OB", "j" -> screen.scrollBy(1);
            case "\033[5~" -> screen.scrollBy(-PAGE);
            case "\033[6~" -> screen.scrollBy(PAGE);
            default -> {}
        }
    }

    private void draw(Terminal terminal) {
        DaemonStats stats = last;
        if (stats == null) {
            return;
        }
        List<Line> lines = screen.lines(stats, address().text(), clock(), terminal.size());
        if (!trouble.isEmpty()) {
            lines.set(1, new Line(trouble, Style.ALARM));
        }
        terminal.draw(lines);
    }

    private void lookAgain() {
        try {
            DaemonStats ignored = look();
            trouble = "";
        } catch (DaemonException e) {
            trouble = String.valueOf(e.getMessage());
            disconnect();
        }
    }

    private DaemonStats look() throws DaemonException {
        DaemonConnection connection = daemon == null ? connect() : daemon;
        daemon = connection;
        Answer answer = connection.call("stats");
        if (!answer.isOk()) {
            throw new DaemonException(answer.error());
        }
        DaemonStats stats = new DaemonStats(answer.node());
        cpu.note(stats.workers(), System.nanoTime());
        last = stats;
        return stats;
    }

    private void disconnect() {
        if (daemon != null) {
            daemon.close();
            daemon = null;
        }
    }

    private static String clock() {
        return LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
