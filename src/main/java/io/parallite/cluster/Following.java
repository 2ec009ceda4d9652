package io.parallite.cluster;

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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * A task of the cluster and all who follow it here.
 *
 * <p>Events stay in Redis until all of them have taken them: a reply that was lost is asked for
 * again. While one of them is behind nothing is read, so that the task waits when {@link
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
    private String attempt = "";
    private long number;
    private long position;
    private boolean hearing;
    private boolean again;
    private boolean delivering;
    private boolean asking;
    private boolean mayBeForgotten;

    /** Whether Redis is known to keep events for this node. */
    private boolean kept;

    private boolean over;

    /**
     * @param onOver called when nobody follows it any more, or it has ended
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

    /** Has Redis keep events for this node, and tells {@code watcher} where the task stands. */
    void begin(TaskWatcher watcher) {
        follow(status -> Guard.run("telling a state", () -> watcher.onStarted(status)));
    }

    /** The same when this node may have been forgotten. */
    void beginAgain() {
        follow(status -> {});
    }

    private void follow(Consumer<TaskStatus> onStatus) {
        boolean output = watchers.stream().anyMatch(TaskWatcher::wantsOutput);
        events.follow(id, output, position)
                .subscribe()
                .with(
                        followed -> onFollowed(followed, onStatus),
                        failure -> {}); // after a reconnect
    }

    private void onFollowed(Optional<EventStore.Followed> followed, Consumer<TaskStatus> onStatus) {
        if (over || followed.isEmpty()) {
            return;
        }
        if (followed.get().isNew()) {
            onForgotten();
        }
        kept = true;
        onStatus.accept(followed.get().status());
        hear();
    }

    /** Redis keeps nothing for this node: what the task has told since is not known. */
    private void onForgotten() {
        if (kept) {
            kept = false;
            tellLoss(
                    FailureKind.CLUSTER_UNAVAILABLE,
                    "events of the task may be lost: for longer than a lease this node could not reach Redis");
        }
    }

    /** Looks for events of which word was lost, and whether this node is still known to follow. */
    void lookAgain() {
        mayBeForgotten = true;
        hear();
    }

    /** Reads what there is, unless somebody is behind. */
    void hear() {
        again = hearing;
        if (hearing || over || !unread.isEmpty() || asking || isBehind()) {
            return;
        }
        hearing = true;
        events.hear(id, position).subscribe().with(this::onHeard, failure -> hearing = false);
    }

    private void onHeard(Optional<List<byte[]>> heard) {
        hearing = false;
        if (over) {
            return;
        }
        if (heard.isPresent()) {
            kept = true;
        } else {
            onForgotten();
        }
        if (heard.isEmpty() || heard.get().isEmpty()) {
            onNothing(heard.isPresent());
        } else {
            unread.addAll(heard.get());
            deliver();
        }
    }

    private void onNothing(boolean isFollowed) {
        if (again) {
            hear();
        } else if (!ends.isEmpty()) {
            finish();
        } else if (!isFollowed && mayBeForgotten) {
            mayBeForgotten = false;
            beginAgain(); // it was taken for dead
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
        hear();
    }

    private boolean isBehind() {
        return watchers.stream().anyMatch(TaskWatcher::isBehind);
    }

    private void accept(byte[] bytes) {
        Event.Numbered event = Event.read(id, bytes, signer);
        if (event == null) {
            LOG.errorf("an event with a wrong signature is not told task=%s", id);
            tellLoss(
                    FailureKind.INVALID_SIGNATURE,
                    "an event in Redis is not signed with this cluster's secret; use the same cluster_secret_file on all nodes");
        } else if (isNew(event)) {
            tell(event.event());
        }
    }

    /** Whether it is not one that is put there once more. */
    private boolean isNew(Event.Numbered event) {
        if (!event.token().equals(attempt)) {
            if (earlierAttempts.contains(event.token())) {
                return false;
            }
            earlierAttempts.add(attempt);
            attempt = event.token();
            number = event.number() - 1; // those before were told before this node followed
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
        tell(
                new Event(
                        "emit",
                        Encoding.MESSAGE_PACK.encode(Reply.lostEvent(id, "emit", kind, message))));
    }

    private void tell(Event event) {
        if (event.name().equals(Event.STARTED)) {
            askForState();
            return;
        }
        for (TaskWatcher watcher : watchers) {
            Guard.run("passing an event on", () -> watcher.onEvent(event.name(), event.frame()));
        }
    }

    /** What comes after it waits for the answer. */
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
        if (watchers.isEmpty() && !over) {
            finish();
        } else {
            holdOrRelease();
        }
    }

    /** The task has ended: runs {@code action} when all is told. */
    void end(Runnable action) {
        ends.add(action);
        again = true; // what is being read may have been asked for before the end
        holdOrRelease();
    }

    /** Tells nothing more. */
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
