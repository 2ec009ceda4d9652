package io.parallite.process.tree;

import io.parallite.config.Platform;
import io.parallite.engine.LibC;
import io.parallite.process.files.WorkerGroup;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A worker's process and all that it has started, until the last of them is gone.
 *
 * <p>{@link #kill} and {@link #signal} may be called from any thread, {@link #onGone} before the
 * end is reported; the rest is the {@link ProcessReaper}'s.
 */
public final class ProcessTree {

    private static final Logger LOG = Logger.getLogger(ProcessTree.class);

    /** How long descendants that cannot be killed hold up the report of the end. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** How long the last bytes of standard error may take. */
    private static final Duration STRAGGLERS = Duration.ofMillis(100);

    private final long worker;
    private final ProcessRoot root;
    private final Runnable wake;
    private final int descriptor;
    private volatile boolean doomed;
    private volatile @Nullable IntConsumer onGone;
    private volatile BooleanSupplier isQuiet = () -> true;
    private volatile @Nullable Integer status;
    private volatile @Nullable WorkerGroup group;
    private long endedAt;

    /**
     * @param wake has the reaper look at its trees
     */
    ProcessTree(long worker, ProcessRoot root, Runnable wake) {
        this.worker = worker;
        this.root = root;
        this.wake = wake;
        this.descriptor = Platform.isLinux() ? LibC.openProcess(root.pid()) : -1;
        if (!Platform.isLinux()) {
            root.onExit(wake);
        }
    }

    /** All processes are in this control group. */
    void isIn(WorkerGroup own) {
        group = own;
    }

    long worker() {
        return worker;
    }

    /** The id of the worker's own process. */
    public int pid() {
        return root.pid();
    }

    /**
     * Sets what is called on the reaper's thread, with the exit status as the shell would say, once
     * all processes are gone.
     *
     * @param quiet whether all that they have written was read, which is waited for a moment
     */
    public void onGone(IntConsumer action, BooleanSupplier quiet) {
        isQuiet = quiet;
        onGone = action;
        wake.run();
    }

    /** Kills all processes; {@link #onGone} follows. */
    public void kill() {
        doomed = true;
        wake.run();
    }

    /** Sends a signal to the worker's process, unless it has ended. */
    void signal(int signal) {
        if (descriptor >= 0 && status == null) {
            LibC.signalProcess(descriptor, signal);
        }
    }

    boolean isDoomed() {
        return doomed;
    }

    boolean hasDescriptor() {
        return descriptor >= 0;
    }

    /** What is readable once the process has ended; negative when there is none. */
    int descriptor() {
        return descriptor;
    }

    boolean hasEnded() {
        return status != null;
    }

    /** Records the end of the worker's process, if it has ended. */
    void noteEnd() {
        if (status == null) {
            Integer exitStatus = root.exitStatus();
            if (exitStatus != null) {
                end(exitStatus);
            }
        }
    }

    /** The kernel says that the process has ended. */
    void awaitEnd() {
        if (status == null) {
            end(root.awaitExit());
        }
    }

    private void end(int exitStatus) {
        endedAt = System.nanoTime();
        status = exitStatus;
    }

    /** Kills the processes that are found in one pass. */
    void kill(TreeKiller killer) {
        var _ = killGroup();
        if (Platform.isLinux()) {
            if (descriptor < 0 || LibC.signalProcess(descriptor, 0) == 0) {
                killer.killGroup(pid()); // not reaped, so its id is still its own
            }
            killer.killDescendants(pid());
        } else {
            root.descendants().forEach(ProcessHandle::destroyForcibly);
        }
        root.kill();
    }

    /**
     * Kills the processes in the control group, where there is one.
     *
     * @return whether there was anything
     */
    boolean killGroup() {
        WorkerGroup own = group;
        return own != null && own.kill();
    }

    /** Adds to the stderr tail of the ended process the reason when the kernel has killed it. */
    String explain(String words) {
        WorkerGroup own = group;
        return own == null ? words : own.explain(words);
    }

    /** Whether its end may be reported: a callback is set, and all its output was read. */
    boolean isQuiet() {
        return onGone != null
                && (isQuiet.getAsBoolean() || System.nanoTime() - endedAt > STRAGGLERS.toNanos());
    }

    /** Whether its end has to be reported though it has left something that cannot be killed. */
    boolean isOverdue() {
        boolean overdue = hasEnded() && System.nanoTime() - endedAt > PATIENCE.toNanos();
        if (overdue) {
            LOG.warnf("some processes of a worker cannot be killed pid=%d", pid());
        }
        return overdue;
    }

    void reportGone() {
        if (descriptor >= 0) {
            int _ = LibC.close(descriptor);
        }
        IntConsumer action = onGone;
        Integer ended = status;
        WorkerGroup own = group;
        if (own != null && ended != null) {
            own.end(ended);
        }
        if (action != null && ended != null) {
            action.accept(ended);
        }
    }
}
