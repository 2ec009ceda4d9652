package io.parallite.bench;

import io.parallite.bench.BenchPlan.ForDuration;
import io.parallite.bench.BenchPlan.ForTasks;
import io.parallite.config.ConfigException;
import io.parallite.config.DaemonAddress;
import io.parallite.units.Durations;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ProtocolException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code parallite bench}: measures a running daemon with tasks of its own.
 *
 * <p>Exit status: 0 if every task succeeded, 1 if any failed, 64 for wrong options, 69 if the
 * daemon cannot be reached, 78 if the configuration names no address. Results go to standard
 * output, progress to standard error.
 */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        exitCodeOnInvalidInput = 64,
        headerHeading = "%n",
        header = "Measure a running daemon: tasks a second and the time each takes.",
        descriptionHeading = "%n",
        description = {
            "Keeps CONNECTIONS x DEPTH tasks in flight and sends the next when a reply comes; with"
                    + " --rate, sends at a constant rate whether or not the daemon keeps up, and"
                    + " counts a task's time from the moment it was due.",
            "",
            "The default payload is a PHP closure that does nothing, so the figures are the cost of"
                    + " Parallite itself; measure your own work with --php."
        },
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  parallite bench -c 64 -d 30s",
            "      the most that 64 connections get through",
            "  parallite bench -c 16 --rate 2000 --php 'fn () => usleep(5000)'",
            "      how long 2000 tasks of 5 ms a second have to wait, as p50 to p99.99",
            "",
            "Exit status: 0 all tasks succeeded, 1 some failed, 64 wrong options, 69 no daemon,"
                    + " 78 bad configuration."
        })
public final class BenchCommand implements Callable<Integer> {

    private static final int EXIT_UNAVAILABLE = 69;
    private static final int EXIT_CONFIG = 78;
    private static final Duration GREETING = Duration.ofSeconds(5);
    private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(65);

    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--socket",
            paramLabel = "ADDRESS",
            description =
                    "The daemon's socket, a path or host:port (PARALLITE_SOCKET, else what"
                            + " parallite.json here or above says, else /tmp/parallite.sock).")
    private @Nullable String socket;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The file to look into instead of parallite.json.")
    private @Nullable Path config;

    @Option(
            names = {"-c", "--connections"},
            paramLabel = "N",
            defaultValue = "8",
            description = "Connections (${DEFAULT-VALUE}).")
    private int connections;

    @Option(
            names = {"-p", "--depth"},
            paramLabel = "N",
            defaultValue = "1",
            description = "Tasks in flight on each connection (${DEFAULT-VALUE}).")
    private int depth;

    @Option(
            names = {"-d", "--duration"},
            paramLabel = "TIME",
            description = "Measured time: 500ms, 5s, 2m or seconds (5s).")
    private @Nullable String duration;

    @Option(
            names = {"-w", "--warm-up"},
            paramLabel = "TIME",
            description = "Load before the measured time, for JIT and caches (1s).")
    private @Nullable String warmUp;

    @Option(
            names = {"-n", "--tasks"},
            paramLabel = "N",
            description = "Send N tasks and measure them all, instead of a duration.")
    private @Nullable Long tasks;

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "0",
            description = "Tasks a second over all connections, however fast replies come.")
    private double rate;

    @ArgGroup private @Nullable PayloadOptions payload;

    @Option(names = "--msgpack", description = "Speak MessagePack instead of JSON.")
    private boolean messagePack;

    @Option(
            names = "--timeout-ms",
            paramLabel = "MS",
            description = "The tasks' own time limit instead of the daemon's.")
    private @Nullable Long timeoutMs;

    @Option(names = "--json", description = "Print the result as JSON on one line; no progress.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress, only the table.")
    private boolean quiet;

    @Override
    public Integer call() throws IOException {
        BenchPlan plan;
        BenchFrames frames;
        try {
            plan = plan();
            byte[] body = (payload == null ? new PayloadOptions() : payload).bytes();
            frames =
                    messagePack
                            ? BenchFrames.messagePack(body, timeoutMs)
                            : BenchFrames.json(body, timeoutMs);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        } catch (ConfigException e) {
            spec.commandLine().getErr().println("parallite: " + e.getMessage());
            return EXIT_CONFIG;
        }
        PrintWriter err = spec.commandLine().getErr();
        Progress progress = new Progress(err, style(), plan);
        try (LoadGenerator generator = new LoadGenerator(plan, frames, progress)) {
            try {
                Greeting.exchange(plan.target(), GREETING);
                generator.connect();
            } catch (ProtocolException e) {
                return unavailable(reason(e));
            } catch (IOException | RuntimeException e) {
                return unavailable(refusal(plan, generator.connected(), reason(e)));
            }
            return measure(generator, new BenchReport(plan, frames, encoding()));
        }
    }

    /** Reports why nothing was measured, in the form of the other commands. */
    private int unavailable(String message) {
        if (json) {
            spec.commandLine().getOut().println(BenchReport.jsonOfRefusal(message));
        } else {
            spec.commandLine().getErr().println("parallite: " + message);
        }
        return EXIT_UNAVAILABLE;
    }

    /** Runs and prints; on Ctrl-C the JVM ends only after the table is printed. */
    private int measure(LoadGenerator generator, BenchReport report) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        CountDownLatch printed = new CountDownLatch(1);
        Thread interrupter =
                new Thread(
                        () -> {
                            generator.interrupt();
                            awaitQuietly(printed);
                        },
                        "bench-interrupter");
        Runtime.getRuntime().addShutdownHook(interrupter);
        try {
            if (!json) {
                out.println(report.headline());
                out.println();
                out.flush();
            }
            BenchResult result = generator.run();
            if (json) {
                out.println(report.json(result));
                out.flush();
            } else {
                report.print(result, out);
            }
            return result.failed() == 0 ? 0 : 1;
        } finally {
            printed.countDown();
            removeHook(interrupter);
        }
    }

    private BenchPlan plan() {
        if (tasks != null && (duration != null || warmUp != null)) {
            throw new IllegalArgumentException(
                    "--tasks measures every task: it excludes --duration and --warm-up");
        }
        if (timeoutMs != null && timeoutMs < 1) {
            throw new IllegalArgumentException(
                    "--timeout-ms " + timeoutMs + ": it must be 1 or more");
        }
        Duration patience =
                timeoutMs == null ? DEFAULT_PATIENCE : Duration.ofMillis(timeoutMs).plusSeconds(5);
        return new BenchPlan(
                DaemonAddress.find(socket, config, System.getenv(), Path.of("").toAbsolutePath()),
                connections,
                depth,
                tasks != null
                        ? new ForTasks(tasks)
                        : new ForDuration(
                                Durations.parse(warmUp == null ? "1s" : warmUp),
                                Durations.parse(duration == null ? "5s" : duration)),
                rate,
                patience);
    }

    /**
     * Whether there is a console depends on the JDK: some return none, some one that is not a
     * terminal.
     */
    @SuppressWarnings("SystemConsoleNull")
    private Progress.Style style() {
        if (json || quiet) {
            return Progress.Style.NONE;
        }
        Console console = System.console();
        return console != null && console.isTerminal()
                ? Progress.Style.REWRITTEN_LINE
                : Progress.Style.LINES;
    }

    private String encoding() {
        return messagePack ? "MessagePack" : "JSON";
    }

    private static String refusal(BenchPlan plan, int connected, String reason) {
        return connected == 0
                ? ("cannot connect to %s (%s); start the daemon with `parallite`, or name its"
                                + " socket with --socket")
                        .formatted(plan.target().described(), reason)
                : ("cannot open connection %d of %d to %s (%s); ask for fewer with --connections, or"
                                + " raise the limit of open files (ulimit -n)")
                        .formatted(
                                connected + 1,
                                plan.connections(),
                                plan.target().described(),
                                reason);
    }

    private static String reason(Exception e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            boolean ignored = latch.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is already ending: the hook is what ended the run.
        }
    }
}
