package io.parallite.dispatch;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that have submitted tasks of their own, and wait for them while they keep their workers.
 *
 * <p>Each lends the place of its worker to one more as long as any of those is in flight. So of the
 * workers that there may be, as many as {@code max_workers} are never held by such a task, and some
 * task always goes on. There is a most that lend; a task beyond it gets no tasks of its own. The
 * deepest tasks go first, so that few lend at a time: workers times depth.
 *
 * <p>Owned by the engine's thread.
 */
final class Nesting {

    private static final int DEPTH = 16;

    private static final int MOST = 256;

    private final int most;
    private final IntConsumer lend;
    private final Map<TaskRun, Parent> parents = new HashMap<>();
    private final Map<TaskRun, Set<TaskRun>> children = new HashMap<>();

    /** The parent of a task, and how many there are above. */
    private record Parent(TaskRun run, int depth) {}

    /**
     * @param maxWorkers how many workers there may be without
     * @param lend is told how many places are lent
     */
    Nesting(int maxWorkers, IntConsumer lend) {
        this.most = Math.min(MOST, DEPTH * maxWorkers);
        this.lend = lend;
    }

    /** How many tasks may wait for tasks of their own at the same time. */
    int most() {
        return most;
    }

    /** Whether {@code parent} may have a task of its own. */
    boolean admits(TaskRun parent) {
        return children.containsKey(parent) || children.size() < most;
    }

    /** {@code child} is one of {@code parent}'s from now on; answers how many are above it. */
    int add(TaskRun child, TaskRun parent) {
        Parent grand = parents.get(parent);
        int depth = grand == null ? 1 : grand.depth() + 1;
        parents.put(child, new Parent(parent, depth));
        children.computeIfAbsent(parent, any -> new LinkedHashSet<>()).add(child);
        lend.accept(children.size());
        return depth;
    }

    /** {@code run} has ended; answers its own tasks that are in flight, which nobody waits for. */
    List<TaskRun> onEnded(TaskRun run) {
        if (parents.isEmpty()) {
            return List.of();
        }
        Parent parent = parents.remove(run);
        Set<TaskRun> left = children.remove(run);
        if (parent != null) {
            remove(run, parent.run());
        }
        lend.accept(children.size());
        if (left == null) {
            return List.of();
        }
        left.forEach(parents::remove);
        return List.copyOf(left);
    }

    private void remove(TaskRun child, TaskRun parent) {
        @Nullable Set<TaskRun> siblings = children.get(parent);
        if (siblings != null && siblings.remove(child) && siblings.isEmpty()) {
            children.remove(parent);
        }
    }
}
