package io.parallite.cluster.store;

import io.parallite.task.TaskId;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The events of running tasks, in Redis: for each node that follows a task a list of the events
 * that it has not read. Each method is one {@link Script} and fails with {@link LinkDownException}.
 * Owned by the engine's thread.
 */
public final class EventStore {

    /** A follower has at most so many unread events. */
    public static final int WINDOW = 64;

    /** The same in bytes. */
    public static final int WINDOW_BYTES = 1 << 20;

    private final Scripts scripts;
    private final Signer signer;
    private final String node;

    /**
     * Those of one node.
     *
     * @param node its name
     */
    public EventStore(Scripts scripts, Signer signer, String node) {
        this.scripts = scripts;
        this.signer = signer;
        this.node = node;
    }

    /**
     * How far the followers of a task have read.
     *
     * @param followers how many there are
     * @param entries the number of unread events of the slowest follower
     * @param bytes their size in bytes
     */
    public record Unread(int followers, int entries, long bytes) {}

    /**
     * Stores events for all followers; empty when the lease was lost. Idempotent: the same events
     * are stored once.
     *
     * @param first the number of the first of them
     */
    public Uni<Optional<Unread>> publish(Lease lease, long first, List<Event> events) {
        byte[] progress = null;
        List<Object> arguments = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            Event event = events.get(i);
            if (event.name().equals("progress")) {
                progress = event.frame();
            }
            arguments.add(event.signed(signer, lease, first + i));
        }
        List<Object> head =
                List.of(
                        lease.id(),
                        lease.token(),
                        first,
                        WINDOW,
                        WINDOW_BYTES,
                        progress == null ? "" : progress,
                        progress == null ? "" : signer.ofProgress(lease.id(), progress));
        arguments.addAll(0, head);
        return scripts.run(Script.PUBLISH, arguments).map(EventStore::unread);
    }

    private static Optional<Unread> unread(ScriptReply reply) {
        return reply.isNil()
                ? Optional.empty()
                : Optional.of(
                        new Unread(
                                (int) reply.at(0).whole(),
                                (int) reply.at(1).whole(),
                                reply.at(2).whole()));
    }

    /**
     * A task that is followed.
     *
     * @param status its status
     * @param isNew whether Redis has stored no events of it for this node before, or has dropped
     *     them
     */
    public record Followed(TaskStatus status, boolean isNew) {}

    /**
     * Begins or continues to follow a task; empty when there is no such task or it has ended.
     *
     * @param output whether its output is wanted, too
     * @param position how many events of it this node has read
     */
    public Uni<Optional<Followed>> follow(TaskId id, boolean output, long position) {
        return scripts.run(Script.FOLLOW, id, node, wish(output), position)
                .map(reply -> reply.isNil() ? Optional.empty() : followed(id, reply));
    }

    private Optional<Followed> followed(TaskId id, ScriptReply reply) {
        TaskStatus status = Statuses.read(id, reply, signer);
        return isInFlight(status)
                ? Optional.of(new Followed(status, reply.at(9).whole() == 1))
                : Optional.empty();
    }

    private static boolean isInFlight(TaskStatus status) {
        return status.state() == TaskState.PENDING || status.state() == TaskState.RUNNING;
    }

    /** Encodes which events are wanted; empty for {@code null}. */
    public static String wish(@Nullable Boolean output) {
        if (output == null) {
            return "";
        }
        return output ? "o" : "e";
    }

    /** Stops following a task. */
    public Uni<ScriptReply> unfollow(TaskId id) {
        return scripts.run(Script.UNFOLLOW, id, node);
    }

    /**
     * The events after those that were read; empty when this node does not follow the task.
     *
     * @param position how many were read
     */
    public Uni<Optional<List<byte[]>>> read(TaskId id, long position) {
        return scripts.run(Script.READ, id, node, position, WINDOW, WINDOW_BYTES)
                .map(
                        reply ->
                                reply.isNil()
                                        ? Optional.empty()
                                        : Optional.of(
                                                reply.elements().stream()
                                                        .map(ScriptReply::bytes)
                                                        .toList()));
    }
}
