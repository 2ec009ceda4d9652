package io.parallite.process.files;

import io.parallite.config.Setting;
import io.parallite.process.WorkerLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The control groups of this daemon's workers (cgroups(7), version 2). Nothing is looked for, and
 * nothing made, before a worker starts that has a limit which groups are for.
 *
 * <pre>
 *   the daemon's group      as it was started in; given to it by the service manager or container
 *     parallite-run-…       all of this daemon; named after its run-time directory, which names it
 *       daemon              the daemon itself, and workers without a group of their own
 *       worker-1, …         a worker with all that it starts: cgroup.kill, memory.max, cpu.weight
 *     init                  in a container: what else it runs
 * </pre>
 *
 * <p>Only groups without processes may limit the groups in them. So the daemon moves into {@code
 * daemon} when a controller is needed that its group has; without one, groups still end a worker's
 * processes in one step. {@link #make} is for the launcher's thread, the rest for any.
 */
public final class WorkerGroups {

    private static final Logger LOG = Logger.getLogger(WorkerGroups.class);

    /** The file in a run-time directory that names the group of its daemon. */
    private static final String RECORD = "cgroup";

    private static final String SWAP = "memory.swap.max";
    private static final int ROUNDS = 50;
    private static final Duration PAUSE = Duration.ofMillis(10);

    private final Path root;
    private final Supplier<RunDirectory> directory;
    private final Map<Setting, Boolean> kept = new HashMap<>();
    private final List<String> enabled = new ArrayList<>();
    private final Queue<Cgroup> left = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Cgroup own;
    private volatile @Nullable Cgroup home;
    private @Nullable IOException refusal;
    private boolean hasMoved;
    private int made;

    /**
     * @param root where {@code proc} and {@code sys} are
     * @param directory the daemon's run-time directory, which is made when it is needed
     */
    public WorkerGroups(Path root, Supplier<RunDirectory> directory) {
        this.root = root;
        this.directory = directory;
    }

    /**
     * Makes a group for a worker.
     *
     * @return {@code null} when its limits need none, or there can be none
     * @throws IOException when there can be groups, but not one more
     */
    public @Nullable WorkerGroup make(WorkerLimits limits) throws IOException {
        boolean isMemory = limits.memoryMax() > 0 && keeps(Setting.WORKER_MEMORY_MAX, "memory");
        boolean isWeight =
                limits.cpuWeight().isPresent() && keeps(Setting.WORKER_CPU_WEIGHT, "cpu");
        Cgroup all = home;
        if (all == null || !limits.needGroup()) {
            return null;
        }
        removeLeft();
        Cgroup group = all.make("worker-" + ++made);
        try {
            if (isMemory) {
                group.write("memory.max", Long.toString(limits.memoryMax()));
                if (group.hasFile(SWAP)) {
                    group.write(SWAP, "0");
                }
            }
            if (isWeight) {
                group.write("cpu.weight", Integer.toString(limits.cpuWeight().orElseThrow()));
            }
            return new WorkerGroup(group, isMemory ? limits.memoryMax() : 0, left::add);
        } catch (IOException e) {
            left.add(group);
            throw e;
        }
    }

    /** The group of all workers, once there is one. */
    public @Nullable Path home() {
        Cgroup all = home;
        return all == null ? null : all.path();
    }

    private boolean keeps(Setting setting, String controller) {
        Boolean known = kept.get(setting);
        if (known != null) {
            return known;
        }
        boolean isKept = false;
        try {
            Cgroup all = open();
            enable(all, controller);
            LOG.infof("%s is kept by control groups below %s", setting.key(), all.path());
            isKept = true;
        } catch (IOException e) {
            LOG.warnf(
                    "%s %s: %s; %s",
                    setting.key(),
                    setting == Setting.WORKER_MEMORY_MAX
                            ? "is kept for each process by itself (RLIMIT_DATA), as there is no control group for it"
                            : "is not kept, as there is no control group for it",
                    e instanceof NoSuchFileException ? "no " + e.getMessage() : e.getMessage(),
                    Cgroup.ADVICE);
        }
        kept.put(setting, isKept);
        return isKept;
    }

    /** Makes the group of all workers, unless that is done or was refused. */
    private Cgroup open() throws IOException {
        Cgroup opened = home;
        if (opened != null) {
            return opened;
        }
        if (refusal != null) {
            throw refusal;
        }
        try {
            Cgroup ours = Cgroup.of(root, "self");
            own = ours;
            RunDirectory recording = directory.get();
            Cgroup all = ours.make(recording.path().getFileName().toString());
            if (!all.hasFile("cgroup.kill")) {
                all.remove();
                throw new IOException("Linux before 5.14 has no cgroup.kill");
            }
            recording.record(RECORD, all.path().toString());
            home = all;
            return all;
        } catch (IOException e) {
            refusal = e;
            throw e;
        }
    }

    private void enable(Cgroup all, String controller) throws IOException {
        Cgroup ours = Objects.requireNonNull(own);
        String objection = ours.objection(controller).orElse(null);
        if (objection != null) {
            throw new IOException(objection);
        }
        if (!ours.isRoot()) {
            empty(ours, all);
        }
        if (ours.enable(controller)) {
            enabled.add(controller);
        }
        var _ = all.enable(controller);
    }

    /** Moves the processes in the daemon's group into groups of their own. */
    private void empty(Cgroup ours, Cgroup all) throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            List<Long> inside = ours.processes();
            Set<Long> known = ownProcesses();
            List<Long> others = inside.stream().filter(pid -> !known.contains(pid)).toList();
            if (!others.isEmpty() && !ours.isOfNamespace()) {
                throw new IOException(
                        "%s has other processes than the daemon's".formatted(ours.path()));
            }
            if (inside.isEmpty()) {
                return;
            }
            hasMoved = true;
            for (long pid : inside) {
                (known.contains(pid) ? all.make(Cgroup.DAEMON) : ours.make("init")).put(pid);
            }
        }
        throw new IOException("%s gets new processes again and again".formatted(ours.path()));
    }

    private static Set<Long> ownProcesses() {
        ProcessHandle self = ProcessHandle.current();
        return Stream.concat(Stream.of(self), self.descendants())
                .map(ProcessHandle::pid)
                .collect(Collectors.toSet());
    }

    private void removeLeft() {
        for (int many = left.size(); many > 0; many--) {
            Cgroup group = left.remove();
            try {
                group.remove();
            } catch (IOException e) {
                left.add(group);
            }
        }
    }

    /** All workers are gone: the daemon returns to its group, and those made in it are removed. */
    public void close() {
        Cgroup ours = own;
        Cgroup all = home;
        if (ours == null || all == null) {
            return;
        }
        home = null;
        try {
            for (String controller : enabled) {
                all.disable(controller);
                ours.disable(controller);
            }
            if (hasMoved) {
                ours.put(ProcessHandle.current().pid());
            }
            end(all);
        } catch (IOException e) {
            LOG.debugf("%s is left: %s", all.path(), e);
        }
    }

    /** Kills the processes in a group, and removes it. */
    private static void end(Cgroup group) throws IOException {
        for (int round = 1; ; round++) {
            try {
                group.kill();
                group.remove();
                return;
            } catch (NoSuchFileException e) {
                return;
            } catch (IOException e) {
                if (round == ROUNDS) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    /**
     * Kills the processes in the group of a killed daemon, and removes the group, unless this
     * daemon is in it.
     *
     * @param stale its run-time directory, whose lock this daemon holds
     */
    static void endLeftIn(Path stale) {
        Path record = stale.resolve(RECORD);
        if (!Files.exists(record)) {
            return;
        }
        try {
            Path path = Path.of(Files.readString(record));
            Cgroup group = new Cgroup(path, false);
            if (Cgroup.isOfDaemon(path)
                    && group.hasFile(Cgroup.PROCESSES)
                    && !Cgroup.of(Path.of("/"), "self").path().startsWith(path)) {
                end(group);
                LOG.infof(
                        "a killed daemon has left a control group, which is removed path=%s", path);
            }
        } catch (IOException e) {
            LOG.warnf("the control group of a killed daemon is left: %s", e);
        }
    }
}
