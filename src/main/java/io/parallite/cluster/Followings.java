package io.parallite.cluster;

import io.parallite.task.EventSource;
import io.parallite.task.TaskId;
import io.parallite.task.TaskWatcher;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tasks of the cluster that are followed on this node.
 *
 * <p>Nothing that is published is relied on: word that there are events only has this node look for
 * them, and it looks again after each reconnect and now and then. Owned by the engine's thread.
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

    /** Has {@code watcher} follow a task, which is told at once where it stands. */
    EventSource follow(TaskId id, TaskWatcher watcher) {
        Following following = following(id);
        following.add(watcher);
        following.begin(watcher);
        return following;
    }

    /** Has {@code watcher} follow a task that is being stored with this node as its follower. */
    EventSource expect(TaskId id, TaskWatcher watcher) {
        Following following = following(id);
        following.add(watcher);
        return following;
    }

    private Following following(TaskId id) {
        return all.computeIfAbsent(
                id, any -> new Following(id, events, tasks, signer, () -> all.remove(id)));
    }

    /** A watcher of the task wants more than it has before. */
    void followMore(TaskId id) {
        Following following = all.get(id);
        if (following != null) {
            following.beginAgain();
        }
    }

    /** Where the events of a task come from that is followed here. */
    Optional<EventSource> find(TaskId id) {
        return Optional.ofNullable(all.get(id));
    }

    /** How many follow a task here. */
    int watchers(TaskId id) {
        Following following = all.get(id);
        return following == null ? 0 : following.watchers();
    }

    /** There are events. */
    void onEvents(TaskId id) {
        Following following = all.get(id);
        if (following != null) {
            following.hear();
        }
    }

    /** The connection was away: follows on. */
    void lookAtAll() {
        List.copyOf(all.values()).forEach(Following::beginAgain);
    }

    /** Looks for events of which word was lost. */
    void lookAgain() {
        List.copyOf(all.values()).forEach(Following::lookAgain);
    }

    /**
     * Runs {@code action} when all is told that the task has told, which has ended; then or now.
     */
    void whenHeard(TaskId id, Runnable action) {
        Following following = all.get(id);
        if (following == null) {
            action.run();
        } else {
            following.end(action);
        }
    }

    /** The task is none of the cluster's any longer. */
    void forget(TaskId id) {
        Following following = all.remove(id);
        if (following != null) {
            following.forget();
        }
    }
}
