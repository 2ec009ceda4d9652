package io.parallite.cluster;

import io.parallite.cluster.store.Event;
import io.parallite.cluster.store.EventStore;
import io.parallite.cluster.store.Signer;
import io.parallite.cluster.store.TaskStore;
import io.parallite.engine.Guard;
import io.parallite.task.EventSource;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.task.TaskStatus;
import io.parallite.task.TaskWatcher;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * A task of the cluster and its watchers on this node.
 *
 * <p>Events stay in Redis until all watchers have taken them, so a lost reply is requested again.
 * While a watcher is behind nothing is read from Redis, and the task waits once {@link
 * EventStore#WINDOW} events are unread. Owned by the engine's thread.
 */
final class Following implements EventSource {

    private static final Logger LOG = Logger.getLogger(Following.class);

    private final TaskId id;
    private final EventStore events;
    private final TaskStore tasks;
    private final Signer signer;
    private final Runnable onOver;
    private final ArrayDeque<byte[]> unread = new ArrayDeque<>();
    private final List<Runnable> ends = new ArrayList<>(1);
    private final Set<String> earlierAttempts = new HashSet<>(0);
    private List<TaskWatcher> watchers = List.of();

    /** Those that have not been given a status of the task. */
    private final Set<TaskWatcher> awaitingStatus = new LinkedHashSet<>();

    private String attempt = "";
    private long number;
    private long position;
    private boolean isFetching;
    private boolean again;
    private boolean delivering;
    private boolean asking;
    private boolean mayBeForgotten;

    /** Whether Redis stores the events for this node. */
    private boolean kept;

    private boolean over;

    /**
     * @param onOver called when the last watcher has left, or the task has ended
     */
    Following(TaskId id, EventStore events, TaskStore tasks, Signer signer, Runnable onOver) {
        this.id = id;
        this.events = events;
        this.tasks = tasks;
        this.signer = signer;
        this.onOver = onOver;
    }

    void add(TaskWatcher watcher) {
        watchers = new ArrayList<>(watchers);
        watchers.add(watcher);
    }

    int watchers() {
        return watchers.size();
    }

    /**
     * Has Redis store the events for this node, and gives {@code watcher} the status of the task;
     * when the connection is down, once it is open again.
     */
    void begin(TaskWatcher watcher) {
        awaitingStatus.add(watcher);
        follow();
    }

    /** Follows again after Redis may have dropped this node as a follower. */
    void follow() {
        boolean output = watchers.stream().anyMatch(TaskWatcher::wantsOutput);
        events.follow(id, output, position)
                .subscribe()
                .with(this::onFollowed, failure -> {}); // again after a reconnect
    }

    private void onFollowed(Optional<EventStore.Followed> followed) {
        if (over || followed.isEmpty()) {
            return;
        }
        if (followed.get().isNew()) {
            onForgotten();
        }
        kept = true;
        report(followed.get().status());
        fetch();
    }

    private void report(TaskStatus status) {
        List<TaskWatcher> waiting = List.copyOf(awaitingStatus);
        awaitingStatus.clear();
        for (TaskWatcher watcher : waiting) {
            Guard.run("reporting a state", () -> watcher.onStarted(status));
        }
    }

    /** Redis has dropped this node as a follower: events since then may be lost. */
    private void onForgotten() {
        if (kept) {
            kept = false;
            tellLoss(
                    FailureKind.CLUSTER_UNAVAILABLE,
                    "events of the task may be lost: for longer than a lease this node could not reach Redis");
        }
    }

    /**
     * Looks for events whose notification was lost, and checks that this node still is a follower.
     */
    void lookAgain() {
        mayBeForgotten = true;
        fetch();
    }

    /** Reads the next events, unless a watcher is behind. */
    void fetch() {
        again = isFetching;
        if (isFetching || over || !unread.isEmpty() || asking || isBehind()) {
            return;
        }
        isFetching = true;
        events.read(id, position).subscribe().with(this::onFetched, failure -> isFetching = false);
    }

    private void onFetched(Optional<List<byte[]>> fetched) {
        isFetching = false;
        if (over) {
            return;
        }
        if (fetched.isPresent()) {
            kept = true;
        } else {
            onForgotten();
        }
        if (fetched.isEmpty() || fetched.get().isEmpty()) {
            onNothing(fetched.isPresent());
        } else {
            unread.addAll(fetched.get());
            deliver();
        }
    }

    private void onNothing(boolean isFollowed) {
        if (again) {
            fetch();
        } else if (!ends.isEmpty()) {
            finish();
        } else if (!isFollowed && mayBeForgotten) {
            mayBeForgotten = false;
            follow(); // Redis has dropped it as dead
        }
    }

    private void deliver() {
        if (delivering) {
            return;
        }
        delivering = true;
        while (!over && !asking && !unread.isEmpty() && !isBehind()) {
            accept(unread.remove());
            position++;
        }
        delivering = false;
        fetch();
    }

    private boolean isBehind() {
        return watchers.stream().anyMatch(TaskWatcher::isBehind);
    }

    private void accept(byte[] bytes) {
        Event.Numbered event = Event.read(id, bytes, signer);
        if (event == null) {
            LOG.errorf("an event with a wrong signature is dropped task=%s", id);
            tellLoss(
                    FailureKind.INVALID_SIGNATURE,
                    "an event in Redis is not signed with this cluster's secret; use the same cluster_secret_file on all nodes");
        } else if (isNew(event)) {
            pass(event.event());
        }
    }

    /** Whether the event is new, and not one that was stored twice. */
    private boolean isNew(Event.Numbered event) {
        if (!event.token().equals(attempt)) {
            if (earlierAttempts.contains(event.token())) {
                return false;
            }
            earlierAttempts.add(attempt);
            attempt = event.token();
            number = event.number() - 1; // earlier ones precede the first follow of this node
        }
        if (event.number() <= number) {
            return false;
        }
        long lost = event.number() - number - 1;
        number = event.number();
        if (lost > 0) {
            tellLoss(
                    FailureKind.CLUSTER_UNAVAILABLE,
                    "events of the task are lost: for longer than a lease this node could not reach Redis");
        }
        return true;
    }

    private void tellLoss(FailureKind kind, String message) {
        pass(
                new Event(
                        "emit",
                        Encoding.MESSAGE_PACK.encode(Reply.lostEvent(id, "emit", kind, message))));
    }

    private void pass(Event event) {
        if (event.name().equals(Event.STARTED)) {
            askForState();
            return;
        }
        for (TaskWatcher watcher : watchers) {
            Guard.run("passing an event on", () -> watcher.onEvent(event.name(), event.frame()));
        }
    }

    /** Events after it wait for the answer. */
    private void askForState() {
        asking = true;
        tasks.status(id).subscribe().with(this::onState, failure -> onState(Optional.empty()));
    }

    private void onState(Optional<TaskStatus> status) {
        asking = false;
        for (TaskWatcher watcher : watchers) {
            status.ifPresent(now -> Guard.run("passing a start on", () -> watcher.onStarted(now)));
        }
        holdOrRelease();
    }

    @Override
    public void holdOrRelease() {
        if (!over) {
            deliver();
        }
    }

    @Override
    public void remove(TaskWatcher watcher) {
        watchers = new ArrayList<>(watchers);
        watchers.remove(watcher);
        awaitingStatus.remove(watcher);
        if (watchers.isEmpty() && !over) {
            finish();
        } else {
            holdOrRelease();
        }
    }

    /** The task has ended: runs {@code action} when the watchers have got all events. */
    void end(Runnable action) {
        ends.add(action);
        again = true; // the pending read may have begun before the end
        holdOrRelease();
    }

    /** Passes nothing more on. */
    void forget() {
        over = true;
    }

    private void finish() {
        over = true;
        onOver.run();
        events.unfollow(id).subscribe().with(done -> {}, failure -> {}); // else it expires
        ends.forEach(Runnable::run);
    }
}
