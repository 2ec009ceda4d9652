package io.parallite.cluster;

import io.parallite.task.TaskId;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the tasks that run here for the cluster have to do with nodes beside their origin: {@link
 * Feeds} tell those that follow, {@link Deliveries} bring messages. Owned by the engine's thread.
 */
final class ExecutorLinks {

    /** Word of tasks whose claim has not been heard of yet; older ones are no more true. */
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

    /** A task has been claimed, and handed to this daemon. */
    void begin(Lease lease, Links known) {
        Links links = early.isEmpty() ? known : known.and(early.remove(lease.id()));
        if (links.isFollowed()) {
            feeds.begin(lease, links.wantsOutput());
        }
        if (links.hasMessages()) {
            deliveries.onMail(lease);
        }
    }

    /** Word has come of a task that runs here. */
    void add(Lease lease, Links links) {
        if (links.isFollowed()) {
            feeds.follow(lease, links.wantsOutput());
        }
        if (links.hasMessages()) {
            deliveries.onMail(lease);
        }
    }

    /** Word has come of a task that runs here as soon as the reply to its claim has come. */
    void addEarly(TaskId id, Links links) {
        early.put(id, links.and(early.get(id)));
    }

    /** Some node has read what a task has told, or follows no more. */
    void onHeard(TaskId id) {
        feeds.onHeard(id);
    }

    /** Runs {@code action} once all is told of a task that has ended; then or now. */
    void whenTold(TaskId id, Runnable action) {
        deliveries.whenAcknowledged(id, () -> feeds.whenTold(id, action));
    }

    /** The task is not this node's any longer. */
    void close(TaskId id) {
        deliveries.close(id);
        feeds.close(id);
    }

    /** Looks for what word was lost of. */
    void lookAtAll() {
        feeds.lookAtAll();
        deliveries.lookAtAll();
    }
}
