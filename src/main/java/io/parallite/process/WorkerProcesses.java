package io.parallite.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.parallite.config.ConfigException;
import io.parallite.config.ListenAddress;
import io.parallite.config.ParalliteConfig;
import io.parallite.engine.VertxEngine;
import io.parallite.wire.ReadBudget;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the pool's workers are started with: the transport that suits the worker script, and the
 * directories they need.
 */
public final class WorkerProcesses {

    /** What a reply may be longer than the payload limit: its envelope. */
    private static final int ENVELOPE = 64 * 1024;

    /** How long to wait for the last process that was killed. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final WorkerLauncher launcher;
    private final WorkerTransport transport;
    private final List<RunDirectory> directories;

    private WorkerProcesses(
            WorkerLauncher launcher, WorkerTransport transport, List<RunDirectory> directories) {
        this.launcher = launcher;
        this.transport = transport;
        this.directories = directories;
    }

    /**
     * Makes what starts the workers that {@code config} asks for.
     *
     * @param budget asked for room before a large reply is read
     * @throws ConfigException when the directory for temporary files cannot be written to
     */
    public static WorkerProcesses create(
            VertxEngine engine, ParalliteConfig config, WorkerSite site, ReadBudget budget) {
        ReplyLimits limits = new ReplyLimits(config.maxPayloadBytes() + ENVELOPE, budget);
        if (!site.script().connectsBack()) {
            WorkerLauncher launcher = launcher(engine, site);
            return new WorkerProcesses(
                    launcher, new StdioTransport(engine, launcher, limits), List.of());
        }
        List<RunDirectory> directories = new ArrayList<>();
        try {
            RunDirectory directory = runDirectory();
            directories.add(directory);
            RunDirectory shared = sharedValuesDirectory();
            directories.add(shared);
            WorkerLauncher launcher = launcher(engine, site.sharingIn(shared.path()));
            return new WorkerProcesses(
                    launcher,
                    new SocketTransport(
                            engine,
                            launcher,
                            directory,
                            limits,
                            config.workerStart().equals("fork") && site.script().canFork()),
                    List.copyOf(directories));
        } catch (RuntimeException e) {
            directories.forEach(RunDirectory::close);
            throw e;
        }
    }

    private static WorkerLauncher launcher(VertxEngine engine, WorkerSite site) {
        boolean useGuard = Boolean.parseBoolean(System.getProperty("parallite.guard", "true"));
        return new WorkerLauncher(engine, site, site.command(), useGuard);
    }

    private static RunDirectory sharedValuesDirectory() {
        try {
            return RunDirectory.forSharedValues();
        } catch (IOException e) {
            throw new ConfigException("no directory for shared values can be made: " + e);
        }
    }

    private static RunDirectory runDirectory() {
        return runDirectory(RunDirectory::create);
    }

    /**
     * Finds out whether a run-time directory can be made, and leaves none.
     *
     * @throws ConfigException when it cannot
     */
    public static void rehearse() {
        runDirectory(RunDirectory::createBesideOthers).close();
    }

    private interface Maker {
        RunDirectory make() throws IOException;
    }

    private static RunDirectory runDirectory(Maker maker) {
        try {
            RunDirectory made = maker.make();
            int length = made.path().resolve(WorkerSocket.NAME).toString().getBytes(UTF_8).length;
            if (length > ListenAddress.MAX_PATH_BYTES) {
                made.close();
                throw new ConfigException(
                        "the workers' socket in %s would have a path of %d bytes, more than the %d that the system allows; set XDG_RUNTIME_DIR to a shorter one"
                                .formatted(made.path(), length, ListenAddress.MAX_PATH_BYTES));
            }
            return made;
        } catch (IOException e) {
            throw new ConfigException(
                    "no run-time directory can be made: %s; set XDG_RUNTIME_DIR or -Djava.io.tmpdir to one that this user may write to"
                            .formatted(e));
        }
    }

    /** Opens what workers connect to. Engine thread. */
    public Uni<Void> listen() {
        return transport instanceof SocketTransport socket
                ? socket.listen()
                : Uni.createFrom().voidItem();
    }

    /** Has the {@link Watchdog} kill what tasks start when the daemon is killed. */
    public void watchDaemon() {
        launcher.watchDaemon();
    }

    /** Kills all workers with all that they have started; none can be started afterwards. */
    public void killAll() {
        launcher.killAll(PATIENCE);
    }

    public WorkerTransport transport() {
        return transport;
    }

    /** Whether workers connect to a socket of the daemon's, as the bundled script has them do. */
    public boolean connectBack() {
        return !directories.isEmpty();
    }

    /**
     * Where workers look for the values that tasks share; {@code null} when the worker script is
     * one that does not.
     */
    public @Nullable Path sharedValues() {
        return directories.isEmpty() ? null : directories.getLast().path();
    }

    /** Removes the run-time directories; the last thing to do. */
    public void close() {
        directories.forEach(RunDirectory::close);
    }
}
