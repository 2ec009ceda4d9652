package io.parallite.cluster;

import io.parallite.cluster.store.Lease;
import io.parallite.cluster.store.Links;
import io.parallite.task.TaskId;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Connects the tasks of the cluster that run here with other nodes: {@link Feeds} publish their
 * events, {@link Deliveries} bring their messages. Owned by the engine's thread.
 */
final class ExecutorLinks {

    /** Notifications about tasks whose claim has not been answered yet; older ones are outdated. */
    private static final int MOST_EARLY = 256;

    private final Feeds feeds;
    private final Deliveries deliveries;
    private final Map<TaskId, Links> early =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<TaskId, Links> eldest) {
                    return size() > MOST_EARLY;
                }
            };

    ExecutorLinks(Feeds feeds, Deliveries deliveries) {
        this.feeds = feeds;
        this.deliveries = deliveries;
    }

    /** A task has been claimed and begins to run here. */
    void begin(Lease lease, Links known) {
        Links links = early.isEmpty() ? known : known.and(early.remove(lease.id()));
        if (links.isFollowed()) {
            feeds.begin(lease, links.wantsOutput());
        }
        if (links.hasMessages()) {
            deliveries.onMail(lease);
        }
    }

    /** A notification has come about a task that runs here. */
    void add(Lease lease, Links links) {
        if (links.isFollowed()) {
            feeds.follow(lease, links.wantsOutput());
        }
        if (links.hasMessages()) {
            deliveries.onMail(lease);
        }
    }

    /** A notification has come about a task; it is kept until the reply to the claim has come. */
    void addEarly(TaskId id, Links links) {
        early.put(id, links.and(early.get(id)));
    }

    /** A follower has read events of a task, or has stopped following. */
    void onRead(TaskId id) {
        feeds.onRead(id);
    }

    /** Runs {@code action} once all events of an ended task are stored; at once if they are. */
    void whenTold(TaskId id, Runnable action) {
        deliveries.whenAcknowledged(id, () -> feeds.whenTold(id, action));
    }

    /** The task no longer belongs to this node. */
    void close(TaskId id) {
        deliveries.close(id);
        feeds.close(id);
    }

    /** Looks for events and messages whose notification was lost. */
    void lookAtAll() {
        feeds.lookAtAll();
        deliveries.lookAtAll();
    }
}
