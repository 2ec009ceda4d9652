package io.parallite.cluster;

import io.parallite.cluster.store.EventStore;
import io.parallite.cluster.store.Lease;
import io.parallite.task.TaskId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The {@link Feed}s of the tasks of the cluster that run here and have followers. Tasks without
 * followers have none. Owned by the engine's thread.
 */
final class Feeds {

    private final LocalTasks local;
    private final EventStore store;
    private final int maxFrame;
    private final Map<TaskId, Feed> all = new HashMap<>();

    /**
     * The next event number of attempts that have had followers before: no number is used twice.
     */
    private long nextNumber = 1;

    Feeds(LocalTasks local, EventStore store, int maxFrame) {
        this.local = local;
        this.store = store;
        this.maxFrame = maxFrame;
    }

    /** A task that has just been claimed has a follower. */
    void begin(Lease lease, boolean output) {
        follow(lease, output);
        Feed feed = all.get(lease.id());
        if (feed != null) {
            feed.tellStart();
        }
    }

    /** A running task has one more follower. */
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

    /** A follower has read events of a task, or has stopped following. */
    void onRead(TaskId id) {
        Feed feed = all.get(id);
        if (feed != null) {
            feed.look();
        }
    }

    /** Retries feeds that wait, also where followers are gone. */
    void lookAtAll() {
        List.copyOf(all.values()).forEach(Feed::look);
    }

    /** Runs {@code action} once all events of an ended task are stored; at once if they are. */
    void whenTold(TaskId id, Runnable action) {
        Feed feed = all.get(id);
        if (feed == null) {
            action.run();
        } else {
            feed.end(action);
        }
    }

    /** The task no longer belongs to this node. */
    void close(TaskId id) {
        Feed feed = all.get(id);
        if (feed != null) {
            feed.close();
        }
    }
}
