package io.parallite.process.tree;

import io.parallite.config.Platform;
import io.parallite.engine.LibC;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Kills processes and their descendants, and never one that has got the id of another meanwhile.
 * For the {@link ProcessReaper}'s thread.
 */
final class TreeKiller {

    private final ProcessTable table;
    private final ProcessMark mark;
    private final int ownGroup = Platform.isLinux() ? LibC.groupOf(0) : 0;

    TreeKiller(ProcessTable table, ProcessMark mark) {
        this.table = table;
        this.mark = mark;
    }

    /**
     * Kills the process group of a child of the daemon, perhaps one that has ended, in one step: no
     * fork of theirs escapes it. Not the daemon's own group, to which workers without a session of
     * their own belong.
     */
    void killGroup(int child) {
        int group = LibC.groupOf(child);
        if (group > 1 && group != ownGroup) {
            LibC.kill(-group, LibC.SIGKILL);
        }
    }

    /**
     * Kills a process and its descendants.
     *
     * @return whether one of them can be killed, and may still be there
     */
    boolean killWithDescendants(int pid, int parent) {
        Map<Integer, Integer> parents = descendants(pid);
        boolean any = kill(pid, parent);
        return killAll(parents) || any;
    }

    /** Kills the descendants of a process, not itself. */
    void killDescendants(int pid) {
        killAll(descendants(pid));
    }

    private boolean killAll(Map<Integer, Integer> parents) {
        boolean any = false;
        for (Map.Entry<Integer, Integer> entry : parents.entrySet()) {
            any |= kill(entry.getKey(), entry.getValue());
        }
        return any;
    }

    /** Kills all processes that come from a worker, wherever they are: looks at every process. */
    boolean killMarked(long worker) {
        boolean any = false;
        for (int pid : table.all()) {
            if (Objects.equals(mark.workerOf(pid), worker)) {
                any |= kill(pid, -1);
            }
        }
        return any;
    }

    /** All descendants of a process, each with its parent, nearest first. */
    private Map<Integer, Integer> descendants(int pid) {
        Map<Integer, Integer> parents = new LinkedHashMap<>();
        collect(pid, parents);
        return parents;
    }

    private void collect(int pid, Map<Integer, Integer> parents) {
        for (int child : table.children(pid)) {
            if (parents.putIfAbsent(child, pid) == null) {
                collect(child, parents);
            }
        }
    }

    private boolean kill(int pid, int parent) {
        int process = LibC.openProcess(pid);
        if (process == -LibC.ENOSYS) {
            return isMeant(pid, parent) && LibC.kill(pid, LibC.SIGKILL) == 0;
        }
        if (process < 0) {
            return false;
        }
        try {
            return isMeant(pid, parent) && LibC.signalProcess(process, LibC.SIGKILL) == 0;
        } finally {
            int _ = LibC.close(process);
        }
    }

    private boolean isMeant(int pid, int parent) {
        return table.parentOf(pid) == parent || mark.workerOf(pid) != null;
    }
}
