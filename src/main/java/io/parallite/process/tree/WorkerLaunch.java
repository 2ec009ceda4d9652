package io.parallite.process.tree;

import io.parallite.config.CompiledCode;
import io.parallite.config.Platform;
import io.parallite.config.Setting;
import io.parallite.engine.NamedPipeInput;
import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerLimits;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerStartException;
import io.parallite.process.output.PipeReader;
import io.parallite.process.output.StderrTail;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A process that is to be started, or forked, for a worker.
 *
 * @param streams the use of stdin and stdout
 * @param environment added to that of the command
 * @param file where stdout goes with {@link Streams#CAPTURED}, and where stdin comes from with
 *     {@link Streams#TEMPLATE}
 * @param stderr the named pipe that standard error goes to; {@code null} for one of the JDK's
 * @param listener tells the log which task the worker runs
 */
public record WorkerLaunch(
        WorkerName name,
        WorkerCommand command,
        Streams streams,
        Map<String, String> environment,
        @Nullable Path file,
        @Nullable Path stderr,
        WorkerChannel.Listener listener) {

    /** One whose standard error is a pipe to its parent. */
    public WorkerLaunch(
            WorkerName name,
            WorkerCommand command,
            Streams streams,
            Map<String, String> environment,
            @Nullable Path file,
            WorkerChannel.Listener listener) {
        this(name, command, streams, environment, file, null, listener);
    }

    /** The one-time token with which a worker connects back. */
    public static final String TOKEN = "PARALLITE_WORKER_TOKEN";

    /** The path of the pipe for prefetched tasks. */
    public static final String PREFETCH = "PARALLITE_WORKER_PREFETCH";

    /** The secret of the marks of tasks in a worker's standard error. */
    public static final String STDERR_MARK = "PARALLITE_WORKER_STDERR_MARK";

    /** After how many tasks a worker exits. */
    public static final String MAX_TASKS = "PARALLITE_WORKER_MAX_TASKS";

    /** With how much memory, in MiB, a worker exits. */
    public static final String MAX_MEMORY = "PARALLITE_WORKER_MAX_MEMORY_MB";

    /** How many bytes of memory the system allows a worker. */
    public static final String MEMORY_MAX = "PARALLITE_WORKER_MEMORY_MAX";

    private static final Logger LOG = Logger.getLogger(WorkerLaunch.class);

    /** Variables of the service manager, which are for the daemon only. */
    private static final Set<String> SERVICE_MANAGER =
            Set.of("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID");

    /** Variables with secrets, which tasks do not get. */
    private static final Set<String> KEPT_FROM_WORKERS =
            Arrays.stream(Setting.values())
                    .filter(Setting::isKeptFromWorkers)
                    .map(Setting::variable)
                    .collect(Collectors.toUnmodifiableSet());

    /**
     * Has PHP ask for huge pages for its heap: values of a megabyte are copied some times on their
     * way through a worker, and each copy costs hundreds of page faults with small ones.
     */
    private static final String HUGE_PAGES = "USE_ZEND_ALLOC_HUGE_PAGES";

    /** The use of a worker's stdin and stdout. */
    public enum Streams {
        /** Both are pipes that carry frames. */
        FRAMES,
        /** stdin is empty, stdout is appended to a file. */
        CAPTURED,
        /** stdin is the script, stdout is discarded. */
        TEMPLATE
    }

    /**
     * The same as a template, a process that workers are forked from.
     *
     * @param stub what PHP reads as its script
     * @param variable tells the script what it is
     */
    public WorkerLaunch asTemplate(Path stub, String variable) {
        Map<String, String> more = new HashMap<>(environment);
        more.put(variable, "1");
        WorkerCommand sharing =
                command.withOptions(CompiledCode.sharedWithForks(command.options()));
        return new WorkerLaunch(name, sharing, Streams.TEMPLATE, more, stub, listener);
    }

    /** The path beside {@link #file} with another ending. */
    public Path sibling(String ending) {
        Path own = Objects.requireNonNull(file);
        return own.resolveSibling(own.getFileName() + ending);
    }

    /**
     * The reading end of a new named pipe for {@link #withStderr}; {@code null} where there is no
     * directory for it, or the system has none.
     */
    public @Nullable NamedPipeInput stderrPipe() {
        if (streams != Streams.CAPTURED || file == null || !Platform.isLinux()) {
            return null;
        }
        try {
            return NamedPipeInput.make(sibling(".err"));
        } catch (IOException e) {
            LOG.debugf("standard error is read by a thread worker=%s: %s", name, e.getMessage());
            return null;
        }
    }

    /** The same with standard error going to a named pipe. */
    public WorkerLaunch withStderr(Path pipe) {
        return new WorkerLaunch(name, command, streams, environment, file, pipe, listener);
    }

    /** What a template has to know to fork this worker, as its request has it. */
    public Map<String, Object> forFork(Path stderr) {
        Map<String, Object> worker = new HashMap<>();
        worker.put("name", name.value());
        worker.put("token", environment.getOrDefault(TOKEN, ""));
        worker.put("stdout", Objects.requireNonNull(file).toString());
        worker.put("stderr", stderr.toString());
        worker.put("stderr_mark", stderrMark());
        String prefetch = environment.get(PREFETCH);
        if (prefetch != null) {
            worker.put("prefetch", prefetch);
        }
        if (!name.reusable()) {
            worker.put("max_tasks", 1);
        }
        return worker;
    }

    /**
     * What its process is started with.
     *
     * @param guard goes ahead of the command line
     * @param memoryIsLimited whether its memory is limited otherwise
     */
    ProcessBuilder builder(List<String> guard, boolean memoryIsLimited) {
        List<String> options =
                streams == Streams.FRAMES ? List.of("-d", "display_errors=stderr") : List.of();
        List<String> line = command.line(guard, options, memoryIsLimited);
        if (streams == Streams.TEMPLATE) {
            line.removeLast(); // the script, which comes on stdin
        }
        ProcessBuilder builder = new ProcessBuilder(line).directory(command.directory().toFile());
        if (streams == Streams.CAPTURED) {
            builder.redirectInput(Redirect.from(Platform.nullDevice()));
            builder.redirectOutput(
                    file == null ? Redirect.DISCARD : Redirect.appendTo(file.toFile()));
        } else if (streams == Streams.TEMPLATE) {
            builder.redirectInput(Redirect.from(Objects.requireNonNull(file).toFile()));
            builder.redirectOutput(Redirect.DISCARD);
        }
        if (stderr != null) {
            builder.redirectError(Redirect.to(stderr.toFile()));
        }
        Map<String, String> env = builder.environment();
        env.keySet().removeAll(SERVICE_MANAGER);
        env.keySet().removeAll(KEPT_FROM_WORKERS);
        env.remove(MAX_TASKS); // the daemon's setting, which a flag may have overruled
        env.remove(MAX_MEMORY);
        env.remove(MEMORY_MAX);
        env.putIfAbsent(HUGE_PAGES, "1");
        command.limits().user().ifPresent(user -> WorkerLimits.putUser(env, user));
        env.putAll(command.environment());
        env.putAll(environment);
        env.put("PWD", command.directory().toString());
        env.put("WORKER_NAME", name.value());
        if (!name.reusable()) {
            env.put(MAX_TASKS, "1");
        }
        return builder;
    }

    /**
     * Reads its standard error.
     *
     * @throws OutOfMemoryError when there can be no thread that reads
     */
    public StderrTail readStderr(long pid, InputStream stderr) {
        StderrTail tail = tail(pid);
        tail.readOnThread(stderr);
        return tail;
    }

    /** The same through the reader of all named pipes. */
    public StderrTail readStderr(long pid, NamedPipeInput stderr, PipeReader reader) {
        StderrTail tail = tail(pid);
        reader.read(stderr, tail);
        return tail;
    }

    private StderrTail tail(long pid) {
        return new StderrTail(name, pid, stderrMark(), listener, command.limits());
    }

    private String stderrMark() {
        return Objects.requireNonNull(environment.get(STDERR_MARK));
    }

    /** Why it could not be started, with advice. */
    public WorkerStartException failure(Throwable cause) {
        return new WorkerStartException(
                "worker %s cannot be started: %s; %s"
                        .formatted(name, cause.getMessage(), StartAdvice.on(cause, command)));
    }
}
