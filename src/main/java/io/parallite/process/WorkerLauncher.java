package io.parallite.process;

import io.parallite.config.Platform;
import io.parallite.engine.Engine;
import io.parallite.engine.NamedPipeInput;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Starts worker processes, all on the {@link LauncherThread}, and has the {@link ProcessReaper}
 * look after them. The launcher's own methods may be called from any thread; results come on the
 * engine's.
 */
public final class WorkerLauncher implements WorkerStarter {

    /** What a service manager tells the daemon is for the daemon only. */
    private static final Set<String> SERVICE_MANAGER =
            Set.of("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID");

    /**
     * Has PHP ask for huge pages for its heap: values of a megabyte are copied some times on their
     * way through a worker, and each copy costs hundreds of page faults with small ones.
     */
    private static final String HUGE_PAGES = "USE_ZEND_ALLOC_HUGE_PAGES";

    private static final Logger LOG = Logger.getLogger(WorkerLauncher.class);

    private final Engine engine;
    private final WorkerSite site;
    private final WorkerCommand command;
    private final List<String> guard;
    private final LauncherThread launching = new LauncherThread();
    private final ProcessReaper reaper = ProcessReaper.start();
    private final AtomicLong launched = new AtomicLong();
    private volatile @Nullable Watchdog watchdog;

    /**
     * @param command what the site held when the daemon started
     * @param useGuard whether workers are started under {@code setsid} and {@code setpriv} where
     *     the system has them
     */
    public WorkerLauncher(Engine engine, WorkerSite site, WorkerCommand command, boolean useGuard) {
        this.engine = engine;
        this.site = site;
        this.command = command;
        this.guard = WorkerCommand.guard(useGuard);
    }

    /** What becomes of a worker's stdin and stdout. */
    enum Streams {
        /** Both are pipes that carry frames. */
        FRAMES,
        /** stdin is empty, stdout is appended to a file. */
        CAPTURED,
        /** stdin is the script, stdout is discarded. */
        TEMPLATE
    }

    /** What the site held when the daemon started. */
    WorkerCommand command() {
        return command;
    }

    /** Looks at the site anew; see {@link WorkerTransport#findCommand}. */
    Uni<WorkerCommand> findCommand() {
        return Uni.createFrom()
                .emitter(
                        emitter ->
                                launching.execute(
                                        () -> {
                                            try {
                                                WorkerCommand found = site.find();
                                                engine.execute(() -> emitter.complete(found));
                                            } catch (RuntimeException | Error e) {
                                                engine.execute(() -> emitter.fail(e));
                                            }
                                        }));
    }

    /**
     * What is to be started.
     *
     * @param environment added to that of the command
     * @param file where stdout goes with {@link Streams#CAPTURED}, and where stdin comes from with
     *     {@link Streams#TEMPLATE}
     * @param listener tells the log which task the worker runs
     */
    record Launch(
            WorkerName name,
            WorkerCommand command,
            Streams streams,
            Map<String, String> environment,
            @Nullable Path file,
            WorkerChannel.Listener listener) {

        /**
         * The same as a {@link Template}.
         *
         * @param stub what PHP reads as its script
         * @param variable tells the script what it is
         */
        Launch asTemplate(Path stub, String variable) {
            Map<String, String> more = new HashMap<>(environment);
            more.put(variable, "1");
            return new Launch(name, command, Streams.TEMPLATE, more, stub, listener);
        }

        /** The path beside {@link #file} with another ending. */
        Path sibling(String ending) {
            Path own = Objects.requireNonNull(file);
            return own.resolveSibling(own.getFileName() + ending);
        }

        /** What a template has to know to fork this worker, as its request has it. */
        Map<String, Object> forFork(Path stderr) {
            Map<String, Object> worker = new HashMap<>();
            worker.put("name", name.value());
            worker.put("token", environment.getOrDefault(WorkerSite.TOKEN, ""));
            worker.put("stdout", Objects.requireNonNull(file).toString());
            worker.put("stderr", stderr.toString());
            String prefetch = environment.get(WorkerSite.PREFETCH);
            if (prefetch != null) {
                worker.put("prefetch", prefetch);
            }
            if (!name.reusable()) {
                worker.put("max_tasks", 1);
            }
            return worker;
        }
    }

    @Override
    public void launch(
            Launch launch,
            Consumer<WorkerProcess> onStarted,
            Consumer<WorkerStartException> onFailed) {
        launching.execute(
                () -> {
                    try {
                        WorkerProcess started = start(launch);
                        engine.execute(() -> onStarted.accept(started));
                    } catch (Throwable e) { // also no memory, and no thread for the process
                        WorkerStartException why = failure(launch, e);
                        engine.execute(() -> onFailed.accept(why));
                    }
                });
    }

    private static WorkerStartException failure(Launch launch, Throwable cause) {
        return new WorkerStartException(
                "worker %s cannot be started: %s; %s"
                        .formatted(
                                launch.name,
                                cause.getMessage(),
                                StartAdvice.on(cause, launch.command)));
    }

    /**
     * Has a {@link Watchdog} look after the daemon from now on, where there can be one; started
     * behind the workers that are about to be, which are waited for.
     */
    void watchDaemon() {
        if (!guard.isEmpty() && Watchdog.isOfUse()) {
            launching.execute(this::startWatchdog);
        }
    }

    private void startWatchdog() {
        try {
            watchdog = Watchdog.start(reaper);
        } catch (IOException e) {
            LOG.warnf("what tasks start may outlive a daemon that is killed: %s", e.getMessage());
        }
    }

    /** Kills all processes at once, waiting for {@code limit} at most. Any thread. */
    void killAll(Duration limit) {
        reaper.killAll(limit);
    }

    /** All workers are gone, and none will be started. Any thread. */
    void close() {
        tellWatchdog(Watchdog::dismiss);
    }

    private void onGone(long pid) {
        launching.execute(() -> tellWatchdog(watching -> watching.onGone(pid)));
    }

    private void tellWatchdog(Consumer<Watchdog> what) {
        Watchdog watching = watchdog;
        if (watching != null) {
            what.accept(watching);
        }
    }

    /** Whether workers may be forked from a {@link Template} here. */
    boolean canAdopt() {
        return !guard.isEmpty() && reaper.canAdopt();
    }

    /** The process is about to be forked; see {@link ProcessReaper#expectForks}. */
    void expectForks(long pid) {
        reaper.expectForks(reaper.workerWithProcess(pid));
    }

    /** All forks of the process have been adopted. */
    void forksAreKnown(long pid) {
        reaper.forksAreKnown(reaper.workerWithProcess(pid));
    }

    /**
     * Looks after a process that was forked from a {@link Template}.
     *
     * @param stderr the reading end of its standard error
     * @throws OutOfMemoryError when there can be no thread that reads; the process is killed
     */
    WorkerProcess adopt(Launch launch, int pid, NamedPipeInput stderr) {
        ProcessTree tree = reaper.adopt(launched.incrementAndGet(), pid);
        try {
            StderrTail tail = new StderrTail(launch.name, pid, stderr, launch.listener);
            launching.execute(() -> tellWatchdog(watching -> watching.onStarted(pid)));
            return new WorkerProcess(
                    launch.name,
                    engine,
                    tree,
                    tail,
                    null,
                    gone -> {
                        stderr.abandon();
                        onGone(gone);
                    });
        } catch (Throwable e) { // its thread could not be started
            tree.onGone(status -> LOG.debugf("pid=%d is gone", pid), () -> true);
            tree.kill();
            throw e;
        }
    }

    private WorkerProcess start(Launch launch) throws IOException {
        launch.command.requirePhp();
        ProcessReaper.Started started = reaper.start(launched.incrementAndGet(), builder(launch));
        ProcessTree tree = started.tree();
        try {
            StderrTail stderr =
                    new StderrTail(
                            launch.name,
                            tree.pid(),
                            started.process().getErrorStream(),
                            launch.listener);
            tellWatchdog(watching -> watching.onStarted(tree.pid()));
            return new WorkerProcess(
                    launch.name, engine, tree, stderr, started.process(), this::onGone);
        } catch (Throwable e) { // its thread could not be started
            tree.onGone(status -> LOG.debugf("pid=%d is gone", tree.pid()), () -> true);
            tree.kill();
            throw e;
        }
    }

    private ProcessBuilder builder(Launch launch) {
        WorkerCommand command = launch.command;
        List<String> options =
                launch.streams == Streams.FRAMES
                        ? List.of("-d", "display_errors=stderr")
                        : List.of();
        List<String> line = command.line(guard, options);
        if (launch.streams == Streams.TEMPLATE) {
            line.removeLast(); // the script, which comes on stdin
        }
        ProcessBuilder builder = new ProcessBuilder(line).directory(command.directory().toFile());
        if (launch.streams == Streams.CAPTURED) {
            builder.redirectInput(Redirect.from(Platform.nullDevice()));
            builder.redirectOutput(
                    launch.file == null
                            ? Redirect.DISCARD
                            : Redirect.appendTo(launch.file.toFile()));
        } else if (launch.streams == Streams.TEMPLATE) {
            builder.redirectInput(Redirect.from(Objects.requireNonNull(launch.file).toFile()));
            builder.redirectOutput(Redirect.DISCARD);
        }
        Map<String, String> env = builder.environment();
        env.keySet().removeAll(SERVICE_MANAGER);
        env.remove(WorkerSite.MAX_TASKS); // the daemon's setting, which a flag may have overruled
        env.remove(WorkerSite.MAX_MEMORY);
        env.putIfAbsent(HUGE_PAGES, "1");
        env.putAll(command.environment());
        env.putAll(launch.environment);
        env.put("PWD", command.directory().toString());
        env.put("WORKER_NAME", launch.name.value());
        if (!launch.name.reusable()) {
            env.put(WorkerSite.MAX_TASKS, "1");
        }
        return builder;
    }
}
