package io.parallite.cluster;

import io.parallite.cluster.store.EventStore;
import io.parallite.cluster.store.Signer;
import io.parallite.cluster.store.TaskStore;
import io.parallite.task.EventSource;
import io.parallite.task.TaskId;
import io.parallite.task.TaskWatcher;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tasks of the cluster that have watchers on this node.
 *
 * <p>Notifications only trigger a read of the events. As they may be lost, events are also read
 * after each reconnect and periodically. Owned by the engine's thread.
 */
final class Followings {

    private final EventStore events;
    private final TaskStore tasks;
    private final Signer signer;
    private final Map<TaskId, Following> all = new HashMap<>();

    Followings(EventStore events, TaskStore tasks, Signer signer) {
        this.events = events;
        this.tasks = tasks;
        this.signer = signer;
    }

    /** Adds a watcher to a task; the watcher gets the status of the task first. */
    EventSource follow(TaskId id, TaskWatcher watcher) {
        Following following = following(id);
        following.add(watcher);
        following.begin(watcher);
        return following;
    }

    /** Adds a watcher to a task that is being stored with this node as a follower. */
    EventSource expect(TaskId id, TaskWatcher watcher) {
        Following following = following(id);
        following.add(watcher);
        return following;
    }

    private Following following(TaskId id) {
        return all.computeIfAbsent(
                id, any -> new Following(id, events, tasks, signer, () -> all.remove(id)));
    }

    /** A watcher of the task now also wants its output. */
    void followMore(TaskId id) {
        Following following = all.get(id);
        if (following != null) {
            following.follow();
        }
    }

    /** The source of the events of a task that has watchers here. */
    Optional<EventSource> find(TaskId id) {
        return Optional.ofNullable(all.get(id));
    }

    /** The number of watchers of a task here. */
    int watchers(TaskId id) {
        Following following = all.get(id);
        return following == null ? 0 : following.watchers();
    }

    /** A notification of new events has come. */
    void onEvents(TaskId id) {
        Following following = all.get(id);
        if (following != null) {
            following.fetch();
        }
    }

    /** The connection is open again: follows all tasks again. */
    void lookAtAll() {
        List.copyOf(all.values()).forEach(Following::follow);
    }

    /** Looks for events whose notification was lost. */
    void lookAgain() {
        List.copyOf(all.values()).forEach(Following::lookAgain);
    }

    /**
     * Runs {@code action} when the watchers of an ended task have got all its events; at once if
     * they have.
     */
    void whenHeard(TaskId id, Runnable action) {
        Following following = all.get(id);
        if (following == null) {
            action.run();
        } else {
            following.end(action);
        }
    }

    /** The task no longer belongs to the cluster. */
    void forget(TaskId id) {
        Following following = all.remove(id);
        if (following != null) {
            following.forget();
        }
    }
}
