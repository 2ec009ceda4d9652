package io.parallite.process.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.parallite.config.ConfigException;
import io.parallite.config.CurrentConfig;
import io.parallite.config.ListenAddress;
import io.parallite.config.NamedPools;
import io.parallite.config.SystemUser;
import io.parallite.engine.VertxEngine;
import io.parallite.process.WorkerLimits;
import io.parallite.process.WorkerTransport;
import io.parallite.process.channel.ReplyLimits;
import io.parallite.process.files.RunDirectory;
import io.parallite.process.files.WorkerGroups;
import io.parallite.process.tree.ProcessReaper;
import io.parallite.wire.ReadBudget;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What the workers of all pools are started with: one launcher, a transport for each pool that
 * suits its worker script, and the directories they need.
 */
public final class WorkerProcesses {

    /** What a reply may be longer than the payload limit: its envelope. */
    private static final int ENVELOPE = 64 * 1024;

    /** How long to wait for the last process that was killed. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final VertxEngine engine;
    private final WorkerLauncher launcher;
    private final ReplyLimits limits;
    private final WorkerGroups groups = new WorkerGroups(Path.of("/"), this::firstDirectory);
    private final Map<String, WorkerTransport> transports = new LinkedHashMap<>();
    private final List<RunDirectory> directories = new CopyOnWriteArrayList<>();
    private @Nullable RunDirectory sharedValues;

    private WorkerProcesses(VertxEngine engine, WorkerSite site, ReplyLimits limits) {
        this.engine = engine;
        this.limits = limits;
        boolean useGuard = Boolean.parseBoolean(System.getProperty("parallite.guard", "true"));
        this.launcher = new WorkerLauncher(engine, site, useGuard, ProcessReaper.start(groups));
    }

    private RunDirectory firstDirectory() {
        if (directories.isEmpty()) {
            directories.add(runDirectory(RunDirectory::create));
        }
        return directories.getFirst();
    }

    /**
     * Makes what starts the workers of all pools that {@code current} has.
     *
     * @param site that of the pool {@link NamedPools#DEFAULT}
     * @param budget asked for room before a large reply is read
     * @throws ConfigException when the directory for temporary files cannot be written to, or a
     *     pool has no worker script
     */
    public static WorkerProcesses create(
            VertxEngine engine, CurrentConfig current, WorkerSite site, ReadBudget budget) {
        ReplyLimits limits = new ReplyLimits(current.now().maxPayloadBytes() + ENVELOPE, budget);
        WorkerProcesses processes = new WorkerProcesses(engine, site, limits);
        try {
            processes.add(NamedPools.DEFAULT, site);
            current.pools().forEach(name -> processes.add(name, site.of(name)));
            return processes;
        } catch (RuntimeException e) {
            processes.close();
            throw e;
        }
    }

    private void add(String pool, WorkerSite site) {
        if (!site.script().connectsBack()) {
            transports.put(pool, new StdioTransport(engine, launcher.of(site), limits));
            return;
        }
        WorkerLimits processLimits = site.command().limits();
        SystemUser worker = processLimits.user().orElse(null);
        if (sharedValues == null) {
            sharedValues = sharedValuesDirectory(worker);
        }
        RunDirectory directory = runDirectory(() -> RunDirectory.create(worker));
        directories.add(directory);
        processLimits.requireAccess(directory.path());
        WorkerLauncher own = launcher.of(site.sharingIn(sharedValues.path()));
        transports.put(
                pool, new SocketTransport(engine, own, directory, limits, site.forking(own)));
    }

    private static RunDirectory sharedValuesDirectory(@Nullable SystemUser worker) {
        try {
            return RunDirectory.forSharedValues(worker);
        } catch (IOException e) {
            throw new ConfigException("no directory for shared values can be made: " + e);
        }
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
        List<Uni<Void>> sockets = new ArrayList<>();
        for (WorkerTransport transport : transports.values()) {
            if (transport instanceof SocketTransport socket) {
                sockets.add(socket.listen());
            }
        }
        return sockets.isEmpty()
                ? Uni.createFrom().voidItem()
                : Uni.join().all(sockets).andFailFast().replaceWithVoid();
    }

    /**
     * Has the {@link io.parallite.process.tree.Watchdog} kill what tasks start when the daemon is
     * killed.
     */
    public void watchDaemon() {
        launcher.watchDaemon();
    }

    /** Kills all workers with all that they have started; none can be started afterwards. */
    public void killAll() {
        launcher.killAll(PATIENCE);
    }

    /** How frames reach the workers of a pool that there is. */
    public WorkerTransport transport(String pool) {
        return Objects.requireNonNull(transports.get(pool), pool);
    }

    /** Whether workers connect to a socket of the daemon's, as the bundled script has them do. */
    public boolean connectBack() {
        return transport(NamedPools.DEFAULT) instanceof SocketTransport;
    }

    /**
     * Where workers look for the values that tasks share; {@code null} when there is no worker
     * script that does.
     */
    public @Nullable Path sharedValues() {
        return sharedValues == null ? null : sharedValues.path();
    }

    /** All workers are gone, and none will be started: nothing need look after the daemon. */
    public void endWatch() {
        launcher.close();
    }

    /** Removes the control groups and the run-time directories; the last thing to do. */
    public void close() {
        groups.close();
        directories.forEach(RunDirectory::close);
        if (sharedValues != null) {
            sharedValues.close();
        }
    }
}
