package io.parallite.cli;

import io.parallite.config.Setting;
import io.parallite.units.Durations;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code parallite submit}: runs a command line, a PHP file or a PHP expression as a task. */
@Command(
        name = "submit",
        header = "Run a command line, a PHP file or PHP code as a task and print its result.",
        description = {
            "A command runs in the current directory; its output is passed on as it comes, and its"
                    + " exit code. PHP runs inside a worker, with the autoloader and the classes that"
                    + " it has loaded; what it prints and what it returns is printed, anything but"
                    + " a text as JSON."
                    + " Ctrl-C cancels the task."
        },
        footer = {
            "  parallite submit -- ls -l",
            "  parallite submit --php '6 * 7'",
            "  parallite submit --timeout 10m --file import.php products.csv",
            "  parallite submit --detach --stream --id nightly --file report.php; parallite tail nightly",
            "",
            "Exit codes: 0 the task succeeded; 1 it failed; of a command its own; 64 bad arguments;"
                    + " 69 no daemon; 78 bad configuration; 130 interrupted."
        })
public final class SubmitCommand extends DaemonCommand {

    /** The worker's entry for PHP that is not a closure. */
    private static final String SCRIPT = "B7s\\Parallite\\Worker\\Script::";

    @Parameters(
            paramLabel = "COMMAND",
            arity = "0..*",
            description = "The command and its arguments; with --file, the file's arguments.")
    private List<String> words = new ArrayList<>();

    @Option(names = "--file", paramLabel = "FILE", description = "Run this PHP file.")
    private @Nullable Path file;

    @Option(
            names = "--php",
            paramLabel = "CODE",
            description =
                    "Run this PHP code: an expression, statements with a return, or a closure.")
    private @Nullable String code;

    @Option(names = "--id", paramLabel = "ID", description = "The task's id (made up).")
    private @Nullable String id;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "How long it may run: 500ms, 30s, 5m (the daemon's timeout_ms).")
    private @Nullable String timeout;

    @Option(
            names = "--cwd",
            paramLabel = "DIRECTORY",
            description = "Where a command runs (the current directory).")
    private @Nullable Path cwd;

    @Option(
            names = "--env",
            paramLabel = "NAME=VALUE",
            description = "A variable for a command, added to the worker's environment.")
    private Map<String, String> environment = new LinkedHashMap<>();

    @Option(
            names = "--isolate",
            description = "Give it a worker that runs no other task, before it or after.")
    private boolean isolate;

    @Option(
            names = "--pool",
            paramLabel = "POOL",
            description = "Run it in this pool, one of those that parallite.json names.")
    private @Nullable String pool;

    @Option(names = "--detach", description = "Print the task's id and do not wait.")
    private boolean detach;

    @Option(
            names = "--stream",
            description =
                    "Show progress and emitted values, too; with --json events as they come, with"
                            + " --detach for `parallite tail`.")
    private boolean stream;

    @Override
    int run() throws DaemonException {
        String taskId = id == null ? newId() : id;
        Map<String, Object> request = request(taskId);
        try (DaemonConnection daemon = connect()) {
            daemon.send(request);
            if (detach) {
                return detached(taskId, daemon.receive(null));
            }
            Thread canceller = new Thread(() -> cancel(taskId), "submit-canceller");
            Runtime.getRuntime().addShutdownHook(canceller);
            try {
                return new TaskFollower(System.out, System.err, wantsJson(), stream).follow(daemon);
            } finally {
                forget(canceller);
            }
        }
    }

    /** The task has ended: nothing is left to cancel. */
    private static void forget(Thread canceller) {
        try {
            Runtime.getRuntime().removeShutdownHook(canceller);
        } catch (IllegalStateException e) {
            // interrupted: the hook is at work
        }
    }

    private int detached(String taskId, Answer answer) {
        if (!answer.isOk()) {
            return refused(answer);
        }
        out().println(wantsJson() ? answer.raw() : taskId);
        return ExitCode.OK;
    }

    /** Ctrl-C cancels the task. */
    private void cancel(String taskId) {
        try {
            Answer ignored = ask("cancel", Map.of("task_id", taskId));
        } catch (DaemonException e) {
            // the daemon has ended, and the task with it
        }
    }

    private Map<String, Object> request(String taskId) {
        int kinds = (file == null ? 0 : 1) + (code == null ? 0 : 1);
        boolean isCommand = kinds == 0;
        if (kinds > 1 || (isCommand && words.isEmpty()) || (code != null && !words.isEmpty())) {
            throw wrong("give one of COMMAND, --file and --php");
        }
        if (!isCommand && (cwd != null || !environment.isEmpty())) {
            throw wrong("--cwd and --env are for commands; PHP runs inside a worker");
        }
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("type", "submit");
        request.put("task_id", taskId);
        if (isCommand) {
            Path directory = (cwd == null ? Path.of("") : cwd).toAbsolutePath().normalize();
            request.put("command", words);
            request.put("cwd", directory.toString());
            if (!environment.isEmpty()) {
                request.put("env", environment);
            }
        } else {
            request.put("payload", SCRIPT + (file == null ? "code" : "file"));
            request.put("context", file == null ? Map.of("code", code) : fileContext(file));
        }
        addOptions(request);
        return request;
    }

    private Map<String, Object> fileContext(Path file) {
        if (!Files.isReadable(file)) {
            throw wrong("--file " + file + " cannot be read");
        }
        Map<String, Object> context = new LinkedHashMap<>();
        context.put("file", file.toAbsolutePath().normalize().toString());
        context.put("arguments", words);
        return context;
    }

    private void addOptions(Map<String, Object> request) {
        if (timeout != null) {
            try {
                request.put(Setting.TIMEOUT_MS.key(), Durations.parse(timeout).toMillis());
            } catch (IllegalArgumentException e) {
                throw wrong("--timeout: " + e.getMessage());
            }
        }
        if (pool != null) {
            request.put("pool", pool);
        }
        if (isolate) {
            request.put("isolation", "task");
        }
        if (detach) {
            request.put("detach", true);
        }
        if (stream || (!detach && !wantsJson())) {
            request.put("stream_output", true);
        }
        request.put("accept", "base64");
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec().commandLine(), message);
    }

    private static String newId() {
        return "cli-%012x".formatted(ThreadLocalRandom.current().nextLong(1L << 48));
    }
}
