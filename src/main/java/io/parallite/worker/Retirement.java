package io.parallite.worker;

import org.jspecify.annotations.Nullable;

/**
 * Whether, and why, a worker takes no further task.
 *
 * <pre>
 *   in service ──▶ retired for a reason
 * </pre>
 *
 * <p>The first reason counts. A retired worker finishes the task that it has. An on-demand worker
 * for one task only retires after that without any reason of its own. Owned by the engine's thread.
 */
final class Retirement {

    private final RecyclingMonitor recycling;
    private final boolean isReusable;
    private @Nullable EndReason reason;

    /**
     * @param recycling watches the limits of the worker
     * @param isReusable whether it may run more than one task
     */
    Retirement(RecyclingMonitor recycling, boolean isReusable) {
        this.recycling = recycling;
        this.isReusable = isReusable;
    }

    /** Retires the worker for {@code why}, unless it is retired; gives the reason that counts. */
    EndReason retire(EndReason why) {
        if (reason == null) {
            reason = why;
        }
        return reason;
    }

    /** Whether it is retired. */
    boolean isRetired() {
        return reason != null;
    }

    /** Whether it is retired to run one isolated task. */
    boolean isForIsolatedTask() {
        return reason == EndReason.ISOLATED;
    }

    /** Whether it may be given tasks beside the one that it has. */
    boolean allowsMoreTasks() {
        return isReusable && reason == null;
    }

    /** Why it ends, when it does in good order. */
    EndReason reason() {
        return reason == null ? EndReason.EXITED : reason;
    }

    /**
     * Whether it must end now that it has answered {@code served} tasks and has none; its limits
     * are checked before.
     */
    boolean isDueAfter(long served) {
        if (allowsMoreTasks()) {
            if (recycling.isUsedUp(served)) {
                reason = EndReason.RECYCLED_TASKS;
            } else {
                recycling.lookAtMemory(); // may retire it
            }
        }
        return !allowsMoreTasks();
    }

    /**
     * It has announced its end with the reply to its task.
     *
     * @param ok whether the task has succeeded
     */
    void onAnnounced(long served, boolean ok) {
        if (reason == null) {
            reason = recycling.announced(served, ok);
        }
    }

    /**
     * Why its process has ended that the daemon has not ended: it may leave in good order when it
     * is retired, or with exit status 0 after a task; else it has crashed.
     */
    EndReason ofUnorderedEnd(long served, int exitStatus) {
        boolean mayLeaveAnyhow = reason != null && reason != EndReason.ISOLATED;
        return mayLeaveAnyhow || (served > 0 && exitStatus == 0) ? reason() : EndReason.CRASHED;
    }
}
