package io.parallite.dispatch;

import io.parallite.pool.WorkerPool;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that have submitted tasks of their own, and wait for them while they keep their workers.
 *
 * <p>For each such parent its pool may have one worker beyond {@code max_workers}, as long as a
 * child of it is in flight. So {@code max_workers} workers are always available to tasks that do
 * not wait for children, and some task can always proceed. The number of parents is limited by
 * {@link #most}; a task beyond the limit may not submit tasks. The deepest tasks are served first,
 * so the number of parents stays low: workers times depth.
 *
 * <p>Owned by the engine's thread.
 */
final class Nesting {

    private static final int DEPTH = 16;

    private static final int MOST = 256;

    private final Map<WorkerPool, Integer> waitingParents = new HashMap<>();
    private final Map<TaskRun, Parent> parents = new HashMap<>();
    private final Map<TaskRun, Set<TaskRun>> children = new HashMap<>();

    /** The parent of a task, and the number of its ancestors. */
    private record Parent(TaskRun run, int depth) {}

    /** How many tasks of a pool may wait for tasks of their own at the same time. */
    static int most(WorkerPool pool) {
        return Math.min(MOST, DEPTH * pool.maxWorkers());
    }

    /** Whether {@code parent} may have a task of its own. */
    boolean admits(TaskRun parent) {
        return children.containsKey(parent)
                || waitingParents.getOrDefault(parent.pool(), 0) < most(parent.pool());
    }

    /** {@code child} was submitted by {@code parent}; gives how many tasks are above it. */
    int add(TaskRun child, TaskRun parent) {
        Parent grand = parents.get(parent);
        int depth = grand == null ? 1 : grand.depth() + 1;
        parents.put(child, new Parent(parent, depth));
        if (!children.containsKey(parent)) {
            count(parent.pool(), 1);
        }
        children.computeIfAbsent(parent, any -> new LinkedHashSet<>()).add(child);
        return depth;
    }

    /**
     * {@code run} has ended; gives the tasks that it had submitted and that are still in flight.
     */
    List<TaskRun> onEnded(TaskRun run) {
        if (parents.isEmpty()) {
            return List.of();
        }
        Parent parent = parents.remove(run);
        Set<TaskRun> left = children.remove(run);
        if (parent != null) {
            remove(run, parent.run());
        }
        if (left == null) {
            return List.of();
        }
        count(run.pool(), -1);
        left.forEach(parents::remove);
        return List.copyOf(left);
    }

    private void remove(TaskRun child, TaskRun parent) {
        @Nullable Set<TaskRun> siblings = children.get(parent);
        if (siblings != null && siblings.remove(child) && siblings.isEmpty()) {
            children.remove(parent);
            count(parent.pool(), -1);
        }
    }

    private void count(WorkerPool pool, int more) {
        pool.allowExtra(waitingParents.merge(pool, more, Integer::sum));
    }
}
