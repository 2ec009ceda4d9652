package io.parallite.pool;

import java.util.ArrayDeque;

/**
 * The part of the task queue that belongs to one client session.
 *
 * <p>Lanes are served in turn, so that a client with ten thousand tasks does not keep another with
 * one waiting. A lane whose client does not read its replies is held: its tasks stay queued until
 * the client catches up, and the memory that replies can take is bounded by the number of workers
 * and of tasks that lie with them.
 *
 * <p>Owned by the engine's thread.
 */
public final class Lane {

    private final TaskQueue queue;
    final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    boolean listed;
    private boolean held;

    Lane(TaskQueue queue) {
        this.queue = queue;
    }

    /** Serves none of this lane's tasks until {@link #release}. */
    public void hold() {
        held = true;
    }

    /** Since when its first task waits; {@code now} when none does. */
    long waitsSince(long now) {
        Waiter first = waiters.peek();
        return first == null ? now : first.since;
    }

    boolean isHeld() {
        return held;
    }

    /** Serves this lane again. */
    public void release() {
        if (held) {
            held = false;
            queue.onReleased(this);
        }
    }
}
