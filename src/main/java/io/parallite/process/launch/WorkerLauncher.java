package io.parallite.process.launch;

import io.parallite.engine.Engine;
import io.parallite.engine.NamedPipeInput;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerStartException;
import io.parallite.process.WorkerTransport;
import io.parallite.process.output.PipeReader;
import io.parallite.process.output.StderrTail;
import io.parallite.process.tree.LauncherThread;
import io.parallite.process.tree.ProcessReaper;
import io.parallite.process.tree.ProcessTree;
import io.parallite.process.tree.Watchdog;
import io.parallite.process.tree.WorkerLaunch;
import io.parallite.process.tree.WorkerProcess;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Starts worker processes, all on the {@link LauncherThread}, and has the {@link ProcessReaper}
 * look after them. The launcher's own methods may be called from any thread; results come on the
 * engine's.
 */
public final class WorkerLauncher implements WorkerStarter {

    private static final Logger LOG = Logger.getLogger(WorkerLauncher.class);

    private final Engine engine;
    private final ReleaseSource source;
    private final WorkerCommand command;
    private final List<String> guard;
    private final LauncherThread launching;
    private final ProcessReaper reaper;
    private final AtomicLong launched;
    private final AtomicReference<@Nullable Watchdog> watchdog;
    private @Nullable PipeReader pipes;

    /**
     * @param source what workers are started from
     * @param useGuard whether workers are started under {@code setsid} and {@code setpriv} where
     *     the system has them
     * @param reaper looks after all that is started
     */
    WorkerLauncher(Engine engine, ReleaseSource source, boolean useGuard, ProcessReaper reaper) {
        this.engine = engine;
        this.source = source;
        this.command = source.command();
        this.guard = WorkerCommand.guard(useGuard);
        this.launching = new LauncherThread();
        this.reaper = reaper;
        this.launched = new AtomicLong();
        this.watchdog = new AtomicReference<>();
    }

    private WorkerLauncher(WorkerLauncher other, ReleaseSource source) {
        this.engine = other.engine;
        this.source = source;
        this.command = source.command();
        this.guard = other.guard;
        this.launching = other.launching;
        this.reaper = other.reaper;
        this.launched = other.launched;
        this.watchdog = other.watchdog;
    }

    /** One for the workers of another pool, with the same threads and the same watchdog. */
    WorkerLauncher of(ReleaseSource other) {
        return new WorkerLauncher(this, other);
    }

    /** What there was when the daemon started. */
    WorkerCommand command() {
        return command;
    }

    /** Looks at the source anew; see {@link WorkerTransport#findRelease}. */
    Uni<WorkerTransport.Release> findRelease() {
        return Uni.createFrom()
                .emitter(
                        emitter ->
                                launching.execute(
                                        () -> {
                                            try {
                                                WorkerTransport.Release found = source.find();
                                                engine.execute(() -> emitter.complete(found));
                                            } catch (RuntimeException | Error e) {
                                                engine.execute(() -> emitter.fail(e));
                                            }
                                        }));
    }

    @Override
    public void launch(
            WorkerLaunch launch,
            Consumer<WorkerProcess> onStarted,
            Consumer<WorkerStartException> onFailed) {
        launching.execute(
                () -> {
                    try {
                        WorkerProcess started = start(launch);
                        engine.execute(() -> onStarted.accept(started));
                    } catch (Throwable e) { // also no memory, and no thread for the process
                        WorkerStartException why = launch.failure(e);
                        engine.execute(() -> onFailed.accept(why));
                    }
                });
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
            watchdog.set(Watchdog.start(reaper));
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
        Watchdog watching = watchdog.get();
        if (watching != null) {
            what.accept(watching);
        }
    }

    /** Whether workers may be forked from a {@link Template} here. */
    boolean canAdopt() {
        return !guard.isEmpty() && reaper.canAdopt();
    }

    /**
     * The process is about to be forked.
     *
     * @return the worker that it is, for {@link ProcessReaper#forksAreKnown}
     */
    long expectForks(long pid) {
        long worker = reaper.workerWithProcess(pid);
        reaper.expectForks(worker);
        return worker;
    }

    /** The end of {@link #expectForks}; see {@link ProcessReaper#forksAreKnown}. */
    void forksAreKnown(long worker, boolean areAdopted) {
        reaper.forksAreKnown(worker, areAdopted);
    }

    /**
     * Moves forks of {@code worker} into control groups of their own, where {@code launches} need
     * them, then runs {@code action} on the engine's thread: at once when none does.
     *
     * @param pids those of the forks; 0 for one that there is not
     */
    void enclose(long worker, List<Integer> pids, List<WorkerLaunch> launches, Runnable action) {
        if (launches.stream().noneMatch(reaper::encloses)) {
            action.run();
            return;
        }
        launching.execute(
                () -> {
                    for (int i = 0; i < pids.size(); i++) {
                        if (pids.get(i) > 0) {
                            reaper.enclose(worker, pids.get(i), launches.get(i));
                        }
                    }
                    engine.execute(action);
                });
    }

    /** A fork that may have been enclosed is not adopted. */
    void abandon(int pid) {
        reaper.abandon(pid);
    }

    /**
     * Looks after a process that was forked from a {@link Template}.
     *
     * @param stderr the reading end of its standard error
     * @throws OutOfMemoryError when there can be no thread that reads; the process is killed
     */
    WorkerProcess adopt(WorkerLaunch launch, int pid, NamedPipeInput stderr) {
        ProcessTree tree = reaper.adopt(launched.incrementAndGet(), pid);
        try {
            StderrTail tail = launch.readStderr(pid, stderr, pipes());
            launching.execute(() -> tellWatchdog(watching -> watching.onStarted(pid, reaper)));
            return new WorkerProcess(
                    launch.name(),
                    engine,
                    tree,
                    tail,
                    null,
                    gone -> {
                        stderr.abandon();
                        onGone(gone);
                    });
        } catch (Throwable e) { // there can be no thread that reads
            tree.onGone(status -> LOG.debugf("pid=%d is gone", pid), () -> true);
            tree.kill();
            throw e;
        }
    }

    /** Started with the first worker that has a pipe. Any thread. */
    private synchronized PipeReader pipes() {
        if (pipes == null) {
            pipes = PipeReader.start();
        }
        return pipes;
    }

    private WorkerProcess start(WorkerLaunch launch) throws IOException {
        launch.command().requirePhp();
        NamedPipeInput stderr = launch.stderrPipe();
        if (stderr == null) {
            return start(launch, null, null);
        }
        try {
            return start(launch.withStderr(stderr.path()), stderr, pipes());
        } catch (Throwable e) {
            stderr.close();
            throw e;
        }
    }

    /**
     * @param stderr the reading end of its standard error, which is closed when its tree is gone,
     *     also if another process holds the other end; {@code null} where a thread reads it to its
     *     end
     */
    private WorkerProcess start(
            WorkerLaunch launch, @Nullable NamedPipeInput stderr, @Nullable PipeReader reader)
            throws IOException {
        ProcessReaper.Started started = reaper.start(launched.incrementAndGet(), launch, guard);
        ProcessTree tree = started.tree();
        try {
            StderrTail tail;
            if (stderr == null || reader == null) {
                tail = launch.readStderr(tree.pid(), started.process().getErrorStream());
            } else {
                stderr.unlink();
                tail = launch.readStderr(tree.pid(), stderr, reader);
            }
            tellWatchdog(watching -> watching.onStarted(tree.pid(), reaper));
            return new WorkerProcess(
                    launch.name(),
                    engine,
                    tree,
                    tail,
                    started.process(),
                    gone -> {
                        if (stderr != null) {
                            stderr.abandon();
                        }
                        onGone(gone);
                    });
        } catch (Throwable e) { // its thread could not be started
            tree.onGone(status -> LOG.debugf("pid=%d is gone", tree.pid()), () -> true);
            tree.kill();
            throw e;
        }
    }
}
