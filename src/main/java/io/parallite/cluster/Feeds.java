package io.parallite.cluster;

import io.parallite.task.TaskId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tasks that run here for the cluster and are followed on some node; of the others nothing is
 * told. Owned by the engine's thread.
 */
final class Feeds {

    private final LocalTasks local;
    private final EventStore store;
    private final int maxFrame;
    private final Map<TaskId, Feed> all = new HashMap<>();

    /** Numbers are never used again for an attempt that has had followers before. */
    private long nextNumber = 1;

    Feeds(LocalTasks local, EventStore store, int maxFrame) {
        this.local = local;
        this.store = store;
        this.maxFrame = maxFrame;
    }

    /** Somebody follows a task that has been claimed just now. */
    void begin(Lease lease, boolean output) {
        follow(lease, output);
        Feed feed = all.get(lease.id());
        if (feed != null) {
            feed.tellStart();
        }
    }

    /** Somebody, or somebody more, follows a task that runs. */
    void follow(Lease lease, boolean output) {
        TaskId id = lease.id();
        Feed known = all.get(id);
        if (known != null && !output) {
            return;
        }
        Feed feed =
                known == null
                        ? new Feed(lease, nextNumber, store, maxFrame, () -> forget(id))
                        : known;
        if (output) {
            feed.wantOutput();
        }
        feed.stopListening();
        local.follow(id, feed)
                .ifPresent(
                        source -> {
                            all.put(id, feed);
                            feed.from(source);
                        });
    }

    private void forget(TaskId id) {
        Feed over = all.remove(id);
        if (over != null) {
            nextNumber = Math.max(nextNumber, over.nextNumber());
        }
    }

    /** Some node has read what a task has told, or follows no more. */
    void onHeard(TaskId id) {
        Feed feed = all.get(id);
        if (feed != null) {
            feed.look();
        }
    }

    /** Looks after those that wait; also for followers that are gone. */
    void lookAtAll() {
        List.copyOf(all.values()).forEach(Feed::look);
    }

    /** Runs {@code action} once all is told of a task that has ended; then or now. */
    void whenTold(TaskId id, Runnable action) {
        Feed feed = all.get(id);
        if (feed == null) {
            action.run();
        } else {
            feed.end(action);
        }
    }

    /** The task is not this node's any longer. */
    void close(TaskId id) {
        Feed feed = all.get(id);
        if (feed != null) {
            feed.close();
        }
    }
}
