package io.parallite.process.tree;

import io.parallite.config.Platform;
import io.parallite.engine.LibC;
import io.parallite.engine.Threads;
import io.parallite.process.files.WorkerGroup;
import io.parallite.process.files.WorkerGroups;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * The thread that supervises all processes below the daemon: it detects their ends, kills process
 * trees, and reaps orphans.
 *
 * <p><b>The worker of a process.</b> The daemon is a child subreaper (prctl(2)): a descendant whose
 * parent has ended becomes a child of the daemon. Its {@link ProcessMark} names the worker that has
 * started it. So the processes of a worker are found among the descendants of its process and among
 * the daemon's own children, at a cost that grows with their number only.
 *
 * <p><b>Killing.</b> One pass of {@link #sweep} serves all trees that are to be killed, and no kill
 * waits for another. A pass kills process groups at once and the rest one by one; passes follow
 * until one finds nothing, so that a chain of forks is caught: an ended process is reaped, and its
 * id can be reused, only after its group was killed. A process that is no child of the daemon is
 * only signalled through a descriptor (pidfd_open(2)), after its identity was checked.
 *
 * <p><b>Orphans.</b> An orphan of a living worker goes on, and is reaped when it ends. An orphan of
 * an ended worker is killed. An orphan without a mark of this daemon is only reaped.
 *
 * <p>Where the daemon cannot be a subreaper all processes are looked at; where there is no {@code
 * /proc} (macOS, Windows), the JDK's parent links have to do. Any thread may call; callbacks come
 * on the reaper's own thread, which no {@link Throwable} ends.
 */
public final class ProcessReaper {

    private static final Logger LOG = Logger.getLogger(ProcessReaper.class);

    /** Between passes while something is to be killed, after the first {@link #EAGER} of them. */
    private static final Duration PAUSE = Duration.ofMillis(1);

    private static final int EAGER = 20;

    /** Between passes when so many have not been enough: something cannot be killed. */
    private static final Duration RARELY = Duration.ofMillis(100);

    private static final int MANY = 3000;

    /** The intervals at which new orphans are looked for: after one has ended, and at most. */
    private static final Duration SOON = Duration.ofMillis(10);

    private static final Duration AT_THE_MOST = Duration.ofSeconds(1);

    /** Without pidfd_open(2) ends are looked for this often. */
    private static final Duration POLLING = Duration.ofMillis(20);

    private static final byte[] ONE =
            ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(1).array();

    private final ProcessTable table;
    private final WorkerGroups groups;
    private final ProcessMark mark;
    private final TreeKiller killer;
    private final int self = (int) ProcessHandle.current().pid();
    private final Map<Long, ProcessTree> trees = new ConcurrentHashMap<>();
    private final Set<Long> forking = ConcurrentHashMap.newKeySet();
    private final Map<Integer, WorkerGroup> enclosed = new ConcurrentHashMap<>();
    private final Set<Integer> helpers = ConcurrentHashMap.newKeySet();
    private final int wake;
    private final AtomicBoolean isWoken = new AtomicBoolean();
    private final boolean adopts;
    private final Thread thread;
    private volatile long launcher;
    private volatile long starting = -1;
    private volatile boolean hasStrays;
    private volatile boolean endsAll;
    private volatile boolean isClean;
    private Duration interval = AT_THE_MOST;
    private int passes;

    /** A started process with its pipes, and the tree of its descendants. */
    public record Started(ProcessTree tree, Process process) {}

    private ProcessReaper(ProcessTable table, WorkerGroups groups) {
        this.table = table;
        this.groups = groups;
        this.mark = new ProcessMark(table);
        this.killer = new TreeKiller(table, mark);
        this.wake = Platform.isLinux() ? LibC.eventDescriptor() : -1;
        this.adopts = Platform.isLinux() && table.isThere() && LibC.becomeSubreaper() == 0;
        this.thread = Threads.daemon("parallite-reaper").newThread(this::run);
    }

    /**
     * Starts the thread. The daemon is a child subreaper from now on.
     *
     * @param groups where the workers go whose limits need that
     */
    public static ProcessReaper start(WorkerGroups groups) {
        return start(new ProcessTable(Path.of("/proc")), groups);
    }

    static ProcessReaper start(ProcessTable table, WorkerGroups groups) {
        ProcessReaper reaper = new ProcessReaper(table, groups);
        reaper.thread.start();
        return reaper;
    }

    ProcessMark mark() {
        return mark;
    }

    /** The control groups that workers are in. */
    WorkerGroups groups() {
        return groups;
    }

    /**
     * Starts a worker's process in a control group of its own, if its limits need one; on the
     * launcher's thread only.
     *
     * @param guard as {@link io.parallite.process.WorkerCommand#guard} has it
     */
    public Started start(long worker, WorkerLaunch launch, List<String> guard) throws IOException {
        WorkerGroup group = groups.make(launch.command().limits());
        if (group == null) {
            return start(worker, launch.builder(guard, false));
        }
        ProcessTree tree = null;
        try {
            Started started = start(worker, launch.builder(guard, group.limitsMemory()));
            tree = started.tree();
            tree.isIn(group);
            group.put(tree.pid());
            return started;
        } catch (IOException | RuntimeException | Error e) {
            if (tree == null) {
                group.end(0);
            } else {
                tree.onGone(status -> {}, () -> true);
                tree.kill();
            }
            throw e;
        }
    }

    /**
     * Starts a worker's process, with its mark; on the launcher's thread only: children of that
     * thread are workers, others are orphans.
     */
    Started start(long worker, ProcessBuilder builder) throws IOException {
        launcher = launcher == 0 ? table.currentThread() : launcher;
        if (endsAll) {
            throw new IOException("the daemon stops");
        }
        builder.environment().put(ProcessMark.VARIABLE, mark.variable(worker));
        starting = worker;
        try {
            Process process = mark.during(worker, builder::start);
            ProcessTree tree =
                    new ProcessTree(worker, new ProcessRoot.Started(process), this::wakeUp);
            trees.put(worker, tree);
            return new Started(tree, process);
        } catch (IOException | RuntimeException | Error e) {
            hasStrays = true; // the JDK may have forked before it failed
            throw e;
        } finally {
            starting = -1;
            wakeUp();
        }
    }

    /** Whether forks of a process can be looked after. */
    public boolean canAdopt() {
        return adopts && mark.canBeGiven();
    }

    /**
     * Children of the daemon with the mark of {@code worker} are forks that are about to be adopted
     * from now on: one that has ended keeps its id until then.
     */
    public void expectForks(long worker) {
        forking.add(worker);
    }

    /**
     * All forks of {@code worker} have been adopted, or none will be.
     *
     * @param areAdopted whether there is none that nobody knows of
     */
    public void forksAreKnown(long worker, boolean areAdopted) {
        hasStrays |= !areAdopted;
        forking.remove(worker);
        wakeUp();
    }

    /** Whether forks for {@code launch} are to be enclosed before they are adopted. */
    public boolean encloses(WorkerLaunch launch) {
        return launch.command().limits().needGroup();
    }

    /**
     * Moves a fork of {@code worker}, which is expected, into a control group of its own: what
     * cannot be moved is killed. On the launcher's thread only.
     */
    public void enclose(long worker, int pid, WorkerLaunch launch) {
        if (!Objects.equals(mark.workerOf(pid), worker)) {
            return;
        }
        try {
            WorkerGroup group = groups.make(launch.command().limits());
            if (group != null) {
                enclosed.put(pid, group);
                group.put(pid);
            }
        } catch (IOException e) {
            LOG.errorf("a worker is killed that gets no control group pid=%d: %s", pid, e);
            int _ = LibC.kill(pid, LibC.SIGKILL); // not reaped, so the id is its own
        }
    }

    /** A fork that was enclosed is not adopted. */
    public void abandon(int pid) {
        WorkerGroup group = enclosed.remove(pid);
        if (group != null) {
            var _ = group.kill();
            group.end(0);
        }
    }

    /** A child of the daemon, forked from another worker's process, is that of {@code worker}. */
    public ProcessTree adopt(long worker, int pid) {
        ProcessTree tree = new ProcessTree(worker, new ProcessRoot.Forked(pid), this::wakeUp);
        WorkerGroup group = enclosed.remove(pid);
        if (group != null) {
            tree.isIn(group);
        }
        trees.put(worker, tree);
        mark.give(worker, pid);
        wakeUp();
        return tree;
    }

    /** The number of the worker whose process has this id; -1 when there is none. */
    public long workerWithProcess(long pid) {
        return trees.values().stream()
                .filter(tree -> tree.pid() == pid && !tree.hasEnded())
                .mapToLong(ProcessTree::worker)
                .findFirst()
                .orElse(-1);
    }

    /** Starts a process that is no worker's; on the launcher's thread only. */
    Process startHelper(ProcessBuilder builder) throws IOException {
        Process process = builder.start();
        helpers.add((int) process.pid());
        return process;
    }

    /** The ids of all workers' processes that live. */
    List<Long> pids() {
        return trees.values().stream()
                .filter(tree -> !tree.hasEnded())
                .map(tree -> (long) tree.pid())
                .toList();
    }

    /**
     * Kills all trees, now and from now on.
     *
     * @param limit how long to wait for the last process to be gone
     */
    public void killAll(Duration limit) {
        isClean = false;
        endsAll = true;
        wakeUp();
        long deadline = System.nanoTime() + limit.toNanos();
        while (!isClean && System.nanoTime() < deadline) {
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private void wakeUp() {
        if (wake < 0) {
            LockSupport.unpark(thread);
        } else if (!isWoken.getAndSet(true)) {
            LibC.write(wake, ONE);
        }
    }

    private void run() {
        while (true) {
            try {
                boolean isDone = sweep();
                passes = isDone ? 0 : passes + 1;
                if (isDone) {
                    await(interval);
                } else if (passes > EAGER) {
                    await(passes > MANY ? RARELY : PAUSE);
                }
            } catch (Throwable e) { // all others depend on this thread
                Threads.survive(LOG, "processes are looked after", e);
            }
        }
    }

    private void await(Duration limit) {
        List<ProcessTree> living = trees.values().stream().filter(t -> !t.hasEnded()).toList();
        boolean isNotified = living.stream().allMatch(ProcessTree::hasDescriptor);
        Duration atMost = isNotified || limit.compareTo(POLLING) < 0 ? limit : POLLING;
        if (wake < 0) {
            LockSupport.parkNanos(atMost.toNanos());
            return;
        }
        int[] descriptors = new int[living.size() + 1];
        descriptors[0] = wake;
        for (int i = 0; i < living.size(); i++) {
            descriptors[i + 1] = living.get(i).descriptor();
        }
        boolean[] ready = LibC.poll(descriptors, (int) Math.max(1, atMost.toMillis()));
        LibC.read(wake, new byte[Long.BYTES]);
        isWoken.set(false); // before the next sweep, which sees what was done before the next wake
        for (int i = 0; i < living.size(); i++) {
            if (ready[i + 1]) {
                living.get(i).awaitEnd();
            }
        }
    }

    /** Detects which processes have ended: with one poll(2) where there are descriptors. */
    private void noteEnds() {
        List<ProcessTree> polled = new ArrayList<>();
        for (ProcessTree tree : trees.values()) {
            if (tree.hasEnded()) {
                continue;
            }
            if (tree.hasDescriptor()) {
                polled.add(tree);
            } else {
                tree.noteEnd();
            }
        }
        int[] descriptors = polled.stream().mapToInt(ProcessTree::descriptor).toArray();
        boolean[] hasEnded = descriptors.length == 0 ? new boolean[0] : LibC.poll(descriptors, 0);
        for (int i = 0; i < hasEnded.length; i++) {
            if (hasEnded[i]) {
                polled.get(i).awaitEnd();
            }
        }
    }

    /**
     * Looks at all processes below the daemon once.
     *
     * @return whether nothing is left to be killed
     */
    private boolean sweep() {
        noteEnds(); // before the look at what they leave behind
        Set<Long> left = new HashSet<>();
        boolean anyReaped = false;
        boolean anyAdopted = false;
        for (int pid : orphans()) {
            Long worker = mark.workerOf(pid);
            boolean isDoomed = worker != null && isDoomed(worker);
            if (isStarted(pid) || (!isDoomed && worker != null && forking.contains(worker))) {
                continue;
            }
            if (isDoomed) {
                killer.killGroup(pid);
            }
            if (LibC.reap(pid) >= 0) {
                anyReaped = true;
            } else if (isDoomed && killer.killWithDescendants(pid, self)) {
                left.add(worker);
            } else {
                anyAdopted = true;
            }
        }
        for (ProcessTree tree : trees.values()) {
            if (!tree.hasEnded() && (tree.isDoomed() || endsAll)) {
                tree.kill(killer);
                left.add(tree.worker());
            } else if (tree.hasEnded()
                    && (tree.killGroup() || (!adopts && killer.killMarked(tree.worker())))) {
                left.add(tree.worker());
            }
        }
        interval = anyReaped ? SOON : anyAdopted ? longer(interval) : AT_THE_MOST;
        isClean = left.isEmpty();
        return finish(left);
    }

    private static Duration longer(Duration interval) {
        Duration doubled = interval.multipliedBy(2);
        return doubled.compareTo(AT_THE_MOST) < 0 ? doubled : AT_THE_MOST;
    }

    private boolean isDoomed(long worker) {
        boolean isStarting =
                starting == worker; // looked at first: it is in the map before that ends
        ProcessTree tree = trees.get(worker);
        return endsAll || (!isStarting && (tree == null || tree.isDoomed() || tree.hasEnded()));
    }

    /**
     * The children of the daemon that it has not started, and those that failed to start. Forks of
     * a worker that the launcher's thread has started are children of that thread.
     */
    private List<Integer> orphans() {
        List<Integer> found = new ArrayList<>();
        if (adopts || self == 1) {
            found.addAll(table.ownChildren(self));
        }
        found.removeIf(this::isKnown);
        if (hasStrays || (endsAll && adopts)) {
            found.addAll(strays());
        }
        return found;
    }

    /** Looked for until they are gone. */
    private List<Integer> strays() {
        hasStrays = false;
        List<Integer> found = table.ownChildren(launcher);
        boolean isStarting = starting >= 0; // asked before what is known: one that has started is
        found.removeIf(this::isKnown);
        hasStrays |= !found.isEmpty();
        return isStarting ? List.of() : found;
    }

    private boolean isKnown(int pid) {
        return helpers.contains(pid) || isStarted(pid);
    }

    private boolean isStarted(int pid) {
        for (ProcessTree tree : trees.values()) {
            if (tree.pid() == pid && !tree.hasEnded()) {
                return true;
            }
        }
        return false;
    }

    /** Reports the trees that are gone; gives whether there is no other that has to be killed. */
    private boolean finish(Set<Long> left) {
        boolean isDone = left.isEmpty();
        for (ProcessTree tree : List.copyOf(trees.values())) {
            if ((tree.hasEnded() && !left.contains(tree.worker())) || tree.isOverdue()) {
                if (tree.isQuiet()) {
                    trees.remove(tree.worker());
                    tree.reportGone();
                } else {
                    isDone = false;
                }
            }
        }
        return isDone;
    }
}
