package io.parallite;

import io.parallite.cli.ExitCode;
import io.parallite.cluster.Cluster;
import io.parallite.config.ConfigException;
import io.parallite.config.CurrentConfig;
import io.parallite.config.ParalliteConfig;
import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.VertxEngine;
import io.parallite.history.FailureFile;
import io.parallite.pool.Pools;
import io.parallite.pool.ReloadOutcome;
import io.parallite.process.files.FileWatch;
import io.parallite.process.launch.WorkerScript;
import io.parallite.process.resources.Reserve;
import io.parallite.server.ClientServer;
import io.parallite.server.ListenException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The daemon's life: start, serve, drain, stop.
 *
 * <p>Runs on the main thread; what touches the engine's state is executed there. Order of stopping:
 * no more connections, running tasks finish within the grace period, workers end, replies are
 * flushed, the socket file and the run-time directory are gone.
 */
public final class Daemon implements QuarkusApplication {

    private static final Logger LOG = Logger.getLogger(Daemon.class);

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final CurrentConfig current;
    private final VertxEngine engine;
    private final Instance<DaemonParts> assembled;
    private final ServiceNotifier notifier;
    private @Nullable FileWatch watch;
    private final AtomicInteger exitCode = new AtomicInteger(ExitCode.OK);

    /**
     * A daemon.
     *
     * @param assembled the parts, which are built when they are asked for: a setting that only then
     *     turns out to be wrong ends {@link #run} with its exit code
     */
    @Inject
    Daemon(CurrentConfig current, VertxEngine engine, Instance<DaemonParts> assembled) {
        this.current = current;
        this.engine = engine;
        this.assembled = assembled;
        this.notifier = ServiceNotifier.from(System.getenv(), ProcessHandle.current().pid());
    }

    @Override
    public int run(String... args) {
        if (config().logFormat().equals("json")) {
            LogLines.useJson();
        } else {
            LogLines.useText();
        }
        LogLines.tellPriorities(System.getenv());
        if (!Signals.OF_PROCESS.serve(this::halt, this::reload)) {
            return ExitCode.OK;
        }
        try {
            start();
        } catch (ConfigException e) {
            return ServeFlags.refuse(ExitCode.CONFIG, e);
        } catch (ListenException e) {
            return ServeFlags.refuse(ExitCode.UNAVAILABLE, e);
        }
        Quarkus.waitForExit();
        stop();
        return exitCode.get();
    }

    private void start() {
        Optional<FailureFile> failures = // refused before anything is made
                config().failuresFile().map(file -> new FailureFile(Path.of(file)));
        WorkerScript worker = parts().site().script();
        failures.ifPresent(parts().dispatcher().log()::keepIn);
        parts().dispatcher().onTaskFailed(this::onTaskFailed);
        parts().reconfiguration().follow();
        if (config().httpPort() > 0) {
            parts().admin().start();
            LOG.infof(
                    "page, metrics and health checks are at http://%s:%d/",
                    config().httpHost(), config().httpPort());
        }
        parts().server().onStopAsked(this::onStopAsked);
        try {
            onEngine(
                            done ->
                                    parts().processes()
                                            .listen()
                                            .chain(() -> parts().server().listen())
                                            .invoke(this::startWorkers)
                                            .subscribe()
                                            .with(
                                                    ignored -> done.complete(null),
                                                    done::completeExceptionally))
                    .join();
        } catch (CompletionException e) {
            parts().processes().close();
            if (e.getCause() instanceof RuntimeException known) {
                throw known;
            }
            throw e;
        }
        if (config().idleShutdown().isPositive()) {
            engine.execute(this::watchUse);
        }
        engine.execute(this::watchHeap);
        config().watch().filter(globs -> !globs.isEmpty()).ifPresent(this::watchFiles);
        LOG.infof(
                "Parallite %s accepts connections socket=%s workers=%d max=%d script=%s transport=%s pid=%d",
                Version.current(),
                config().listenAddress(),
                config().fixedWorkers(),
                config().maxWorkers(),
                worker.path(),
                worker.connectsBack() ? "socket" : "stdio",
                ProcessHandle.current().pid());
        notifier.ready(serving());
        notifier.watch(engine);
    }

    private ParalliteConfig config() {
        return current.now();
    }

    private DaemonParts parts() {
        return assembled.get();
    }

    private Pools pools() {
        return parts().dispatcher().pools();
    }

    private void startWorkers() {
        pools().start();
        parts().processes().watchDaemon();
        parts().reserve().hold();
        Cluster cluster = parts().dispatcher().cluster();
        if (cluster != null) {
            cluster.start();
        }
    }

    private void watchFiles(List<String> globs) {
        Path directory = Path.of(config().directory().orElse("")).toAbsolutePath();
        try {
            watch = FileWatch.start(directory, globs, this::reload);
            LOG.infof("files are watched directory=%s globs=%s", directory, globs);
        } catch (IOException | IllegalArgumentException e) {
            LOG.errorf("files cannot be watched, changes need a reload by hand: %s", e);
        }
    }

    private void watchUse() {
        Dispatcher tasks = parts().dispatcher();
        ClientServer clients = parts().server();
        new IdleShutdown(
                        engine,
                        config().idleShutdown(),
                        () -> tasks.snapshot().submitted() + clients.accepted(),
                        () ->
                                tasks.snapshot().inFlight() > 0
                                        || (config().idleShutdownConnections()
                                                && clients.connected() > 0),
                        () -> Quarkus.asyncExit(ExitCode.OK))
                .watch();
    }

    private void watchHeap() {
        Dispatcher tasks = parts().dispatcher();
        new HeapTrim(
                        engine,
                        HeapTrim.Heap.OF_PROCESS,
                        () -> tasks.snapshot().submitted(),
                        () -> tasks.snapshot().inFlight() > 0)
                .watch();
    }

    /** Replaces the workers by new ones; the pools log what came of it. Any thread. */
    private void reload() {
        notifier.reloading();
        engine.execute(() -> pools().reload().subscribe().with(this::onReloaded));
    }

    private String serving() {
        return "accepts connections on " + config().listenAddress();
    }

    private void onReloaded(ReloadOutcome outcome) {
        notifier.readyAgain(
                switch (outcome) {
                    case ReloadOutcome.Done done ->
                            "%s; workers replaced: %d".formatted(serving(), done.replaced());
                    case ReloadOutcome.Failed failed ->
                            "%s; the old workers stay: %s"
                                    .formatted(
                                            serving(), failed.explanation().replaceAll("\\R", " "));
                });
    }

    /** Leaves nothing behind, without order: the process ends at once. Any thread. */
    private void halt() {
        parts().server().removeSocketFiles();
        parts().processes().killAll();
        parts().processes().close();
    }

    private void onStopAsked() {
        LOG.info("a client has asked the daemon to stop");
        Quarkus.asyncExit(ExitCode.OK);
    }

    private void onTaskFailed() {
        if (config().stopsOnFailure() && exitCode.compareAndSet(ExitCode.OK, ExitCode.FAILED)) {
            LOG.error("a task has failed and fail_mode=stop_all: stopping");
            parts().server().stopAccepting();
            pools().drain();
            Quarkus.asyncExit(ExitCode.FAILED);
        }
    }

    private void stop() {
        Duration grace = exitCode.get() == ExitCode.OK ? config().shutdownGrace() : Duration.ZERO;
        notifier.stopping(grace);
        if (watch != null) {
            watch.close();
        }
        engine.execute(() -> parts().server().stopAccepting());
        engine.execute(() -> parts().reserve().release());
        engine.execute(this::drainCluster);
        boolean finished =
                waitFor(
                        onEngine(done -> parts().dispatcher().drain(() -> done.complete(null))),
                        grace);
        if (!finished && exitCode.get() == ExitCode.OK) {
            LOG.warnf("tasks still ran after shutdown_grace_ms=%d and are ended", grace.toMillis());
        }
        waitFor(onEngine(this::stopWorkers), PATIENCE);
        waitFor(onEngine(this::leaveCluster), PATIENCE);
        waitFor(
                onEngine(done -> parts().server().endSessions(() -> done.complete(null))),
                PATIENCE);
        parts().dispatcher().stopObserving(PATIENCE);
        parts().dispatcher().log().close();
        parts().processes().close();
        LOG.info("Parallite has stopped");
        if (!Reserve.isThreadLeft()) {
            // Vert.x closes on new threads: it would wait for seconds, and print a stack for each
            Runtime.getRuntime().halt(exitCode.get());
        }
    }

    private void stopWorkers(CompletableFuture<Void> done) {
        pools().stop(
                        () -> {
                            parts().processes().endWatch();
                            done.complete(null);
                        });
    }

    private void drainCluster() {
        Cluster cluster = parts().dispatcher().cluster();
        if (cluster != null) {
            cluster.drain();
        }
    }

    private void leaveCluster(CompletableFuture<Void> done) {
        Cluster cluster = parts().dispatcher().cluster();
        if (cluster == null) {
            done.complete(null);
        } else {
            cluster.stop(() -> done.complete(null));
        }
    }

    /** Has {@code action} run on the engine's thread; it completes the future it is given. */
    private CompletableFuture<Void> onEngine(Consumer<CompletableFuture<Void>> action) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        engine.execute(
                () -> {
                    try {
                        action.accept(done);
                    } catch (RuntimeException e) {
                        done.completeExceptionally(e);
                    }
                });
        return done;
    }

    private static boolean waitFor(CompletableFuture<Void> done, Duration limit) {
        try {
            done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            LOG.error("stopping failed by a defect", e.getCause());
            return false;
        }
    }
}
