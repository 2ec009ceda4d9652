package io.parallite.process.files;

import java.io.IOException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * The control group of one worker and of all that it starts, made by {@link WorkerGroups}. Any
 * thread.
 */
public final class WorkerGroup {

    private static final Logger LOG = Logger.getLogger(WorkerGroup.class);

    /** As a shell would say. */
    private static final int KILLED = 128 + 9;

    private static final String EVENTS = "memory.events";

    private final Cgroup group;
    private final long memoryMax;
    private final Consumer<Cgroup> onLeft;
    private volatile String cause = "";

    /**
     * @param memoryMax its limit, in bytes; 0 when it has none
     * @param onLeft given the group when that cannot be removed yet
     */
    WorkerGroup(Cgroup group, long memoryMax, Consumer<Cgroup> onLeft) {
        this.group = group;
        this.memoryMax = memoryMax;
        this.onLeft = onLeft;
    }

    /** Whether it is what limits the worker's memory. */
    public boolean limitsMemory() {
        return memoryMax > 0;
    }

    /** Has a process that has no children yet belong to it. */
    public void put(long pid) throws IOException {
        group.put(pid);
    }

    /**
     * Kills all in it in one step.
     *
     * @return whether there was anything, which may still be there
     */
    public boolean kill() {
        try {
            if (group.isPopulated()) {
                group.kill();
                return true;
            }
        } catch (IOException e) {
            LOG.debugf("%s cannot be killed: %s", group.path(), e.getMessage());
        }
        return false;
    }

    /**
     * Nothing of the worker is left: removes the group.
     *
     * @param status of its exit
     */
    public void end(int status) {
        try {
            if (status == KILLED && limitsMemory() && group.number(EVENTS, "oom_kill") > 0) {
                cause =
                        group.number(EVENTS, "oom") > 0
                                ? "the kernel has ended a process of the worker, as all of them together needed more than worker_memory_max=%d bytes; raise it, or have tasks need less"
                                        .formatted(memoryMax)
                                : "the system, the container or the service had no memory left; worker_memory_max=%d bytes was not reached"
                                        .formatted(memoryMax);
            }
            group.remove();
        } catch (IOException e) {
            onLeft.accept(group);
        }
    }

    /**
     * The end of the worker's standard error, preceded by the reason when the kernel has killed it.
     */
    public String explain(String words) {
        return words.isEmpty() || cause.isEmpty() ? cause + words : cause + ". " + words;
    }
}
