package io.parallite.cluster.store;

import io.parallite.task.Delivery;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskState;
import io.parallite.task.TaskStatus;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The tasks of the cluster, in Redis. Each method is one {@link Script}, hence one atomic change of
 * state; each fails with {@link LinkDownException}. Owned by the engine's thread.
 */
public final class TaskStore {

    /** The result of storing a task. */
    public enum Admission {
        QUEUED,
        KNOWN,
        CONFLICT,
        FULL,
        TAKEN
    }

    /**
     * The result of a sweep.
     *
     * @param requeued tasks that were queued again
     * @param lost tasks that failed with {@code NODE_LOST}
     * @param dead tasks that went to the dead letters
     */
    public record Reclaimed(long requeued, long lost, long dead) {}

    /**
     * The reply to a heartbeat.
     *
     * @param lost the ids of the leases that are lost
     * @param next the time until the next delayed task is due
     */
    public record Pulse(List<TaskId> lost, ClusterLoad load, Optional<Duration> next) {}

    /**
     * The result of a claim.
     *
     * @param hasMore whether other tasks wait
     */
    public record Claims(List<Claimed> tasks, boolean hasMore) {}

    private static final int ENTRIES_AT_ONCE = 100;

    private final Scripts scripts;
    private final ClusterSettings settings;
    private final Outcomes outcomes;
    private final String node;
    private long attempts;

    /** A store that acts for {@code node}. */
    public TaskStore(Scripts scripts, ClusterSettings settings, String node) {
        this.scripts = scripts;
        this.settings = settings;
        this.node = node;
        this.outcomes = new Outcomes(settings.signer(), settings.maxPayload());
    }

    /** Puts {@code task} into the queue of this node's release. */
    public Uni<Admission> enqueue(Task task) {
        return enqueue(task, "");
    }

    /**
     * The same, with this node as a follower.
     *
     * @param wish the events it wants; see {@link EventStore#wish}
     */
    public Uni<Admission> enqueue(Task task, String wish) {
        byte[] frame = task.frame();
        Delivery delivery = task.terms().delivery();
        return scripts.run(
                        Script.ENQUEUE,
                        task.id(),
                        settings.release(),
                        task.terms().priority().wireName(),
                        task.detached() ? "detached" : "awaited",
                        delivery.atMostOnce() ? 1 : 0,
                        node,
                        Long.toHexString(task.fingerprint()),
                        frame,
                        settings.signer().ofTask(task.id(), settings.release(), frame),
                        settings.maxQueue(),
                        delivery.delay().toMillis(),
                        delivery.retries().times(),
                        delivery.retries().delay().toMillis(),
                        delivery.unique() == null ? "" : delivery.unique(),
                        wish)
                .map(reply -> Admission.valueOf(reply.text()));
    }

    /**
     * Leases waiting tasks, and tells whether more are waiting.
     *
     * @param most how many at most
     * @param lowestFirst whether tasks of low priority come first this time
     */
    public Uni<Claims> claim(int most, boolean lowestFirst) {
        String token = node + ":" + attempts++ + ":";
        return scripts.run(
                        Script.CLAIM,
                        node,
                        settings.release(),
                        token,
                        most,
                        lowestFirst ? "low" : "high")
                .map(TaskStore::claims);
    }

    private static Claims claims(ScriptReply reply) {
        List<ScriptReply> elements = reply.elements();
        return new Claims(
                elements.stream().skip(1).map(TaskStore::claimed).toList(),
                elements.getFirst().whole() > 0);
    }

    private static Claimed claimed(ScriptReply task) {
        boolean isAwaited = task.at(4).text().equals("awaited");
        boolean isOnce = task.at(5).text().equals("1");
        Lease lease =
                new Lease(new TaskId(task.at(0).text()), task.at(1).text(), !isAwaited && !isOnce);
        Links links = new Links(task.at(6).text());
        return new Claimed(lease, task.at(2).bytes(), task.at(3).bytes(), links);
    }

    /**
     * Sends a heartbeat of this node and renews {@code leases}.
     *
     * @param validity how long the node counts as alive
     * @param figures its figures, for other nodes
     */
    public Uni<Pulse> heartbeat(
            Duration validity, Map<String, ?> figures, Collection<Lease> leases) {
        List<Object> arguments = new ArrayList<>();
        arguments.add(node);
        arguments.add(validity.toMillis());
        arguments.add(settings.lease().validity().toMillis());
        arguments.add(settings.release());
        arguments.add(figures.size());
        figures.forEach(
                (name, value) -> {
                    arguments.add(name);
                    arguments.add(value);
                });
        for (Lease lease : leases) {
            arguments.add(lease.id());
            arguments.add(lease.token());
        }
        return scripts.run(Script.HEARTBEAT, arguments).map(TaskStore::pulse);
    }

    private static Pulse pulse(ScriptReply reply) {
        ScriptReply load = reply.at(1);
        return new Pulse(
                reply.at(0).elements().stream().map(id -> new TaskId(id.text())).toList(),
                new ClusterLoad(
                        load.at(0).whole(),
                        load.at(1).whole(),
                        load.at(2).whole(),
                        load.at(3).whole(),
                        load.at(4).whole(),
                        load.at(5).whole()),
                untilNext(load.at(6).whole()));
    }

    /**
     * Returns tasks that were leased to this node by a claim whose reply was lost.
     *
     * @param known the leases that the node holds
     * @return how many tasks were put back
     */
    public Uni<Long> recover(Collection<Lease> known) {
        List<Object> arguments = new ArrayList<>();
        arguments.add(node);
        arguments.add(settings.release());
        arguments.add(ENTRIES_AT_ONCE);
        known.forEach(lease -> arguments.add(lease.token()));
        return scripts.run(Script.RECOVER, arguments).map(ScriptReply::whole);
    }

    /** The effect of storing the end of an attempt. */
    public sealed interface Stored {
        /** The task has ended. */
        record Done() implements Stored {}

        /** The task is run again, not before {@code delay} has passed. */
        record Again(Duration delay) implements Stored {}

        /** The lease was lost, and the result is dropped. */
        record Refused() implements Stored {}
    }

    /** Stores the outcome of an attempt; {@code false} when its lease was lost. */
    public Uni<Boolean> complete(Lease lease, TaskResult result) {
        return complete(lease, result, "").map(stored -> !(stored instanceof Stored.Refused));
    }

    /**
     * The same for a failure after which the task is retried if it has asked for that.
     *
     * @param share the share of the retry delay to wait, 0 to 1
     */
    public Uni<Stored> completeOrRetry(Lease lease, TaskResult result, double share) {
        return complete(lease, result, String.format(Locale.ROOT, "%.3f", share));
    }

    private Uni<Stored> complete(Lease lease, TaskResult result, String share) {
        List<Object> arguments = new ArrayList<>();
        arguments.add(lease.id());
        arguments.add(lease.token());
        List<Object> fields = outcomes.fields(lease.id(), result);
        arguments.add(fields.getFirst());
        arguments.add(share);
        arguments.addAll(fields.subList(1, fields.size()));
        return scripts.run(Script.COMPLETE, arguments).map(TaskStore::stored);
    }

    private static Stored stored(ScriptReply reply) {
        String[] words = reply.text().split(" ", 2);
        return switch (words[0]) {
            case "LOST" -> new Stored.Refused();
            case "AGAIN" -> new Stored.Again(Duration.ofMillis(Long.parseLong(words[1])));
            default -> new Stored.Done();
        };
    }

    /**
     * Queues the delayed tasks that are due.
     *
     * @return the time until the next one is due; empty when there is none
     */
    public Uni<Optional<Duration>> promote() {
        return scripts.run(Script.PROMOTE, settings.release())
                .map(reply -> untilNext(reply.whole()));
    }

    private static Optional<Duration> untilNext(long millis) {
        return millis < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
    }

    /** Returns a leased task to the front of the queue; {@code false} when its lease was lost. */
    public Uni<Boolean> giveBack(Lease lease) {
        return scripts.run(Script.RETURN, lease.id(), lease.token()).map(TaskStore::isNotLost);
    }

    /** Puts a leased task among the dead letters; {@code false} when its lease was lost. */
    public Uni<Boolean> bury(Lease lease, FailureKind kind, String message) {
        return scripts.run(Script.BURY, lease.id(), lease.token(), kind, message)
                .map(TaskStore::isNotLost);
    }

    private static boolean isNotLost(ScriptReply reply) {
        return !reply.text().equals("LOST");
    }

    /** What is known of the outcome of a task. */
    public sealed interface Outcome {
        /** There is no such task. */
        record Unknown() implements Outcome {}

        /** It has not ended; its end will be published to this node's inbox. */
        record Pending() implements Outcome {}

        /** It has ended. */
        record Ended(TaskResult result) implements Outcome {}
    }

    /** The outcome of a task; if it has not ended, this node is notified of its end. */
    public Uni<Outcome> await(TaskId id) {
        return scripts.run(Script.AWAIT, id, node)
                .map(
                        reply -> {
                            if (reply.isNil()) {
                                return new Outcome.Unknown();
                            }
                            return reply.size() == 1
                                    ? new Outcome.Pending()
                                    : new Outcome.Ended(outcomes.read(id, OutcomeFields.of(reply)));
                        });
    }

    /** The result in a notification that a task has ended. */
    public TaskResult result(Ended task) {
        return outcomes.read(task.id(), task.outcome());
    }

    /** The status of a task; empty when there is none of that id. */
    public Uni<Optional<TaskStatus>> status(TaskId id) {
        return scripts.run(Script.STATUS, id)
                .map(
                        reply ->
                                reply.isNil()
                                        ? Optional.empty()
                                        : Optional.of(Statuses.read(id, reply, settings.signer())));
    }

    /** Cancels a task on any node; empty when there is none of that id. */
    public Uni<Optional<Cancellation>> cancel(TaskId id, Duration grace) {
        return scripts.run(Script.CANCEL, id, grace.toMillis())
                .map(
                        reply -> {
                            if (reply.isNil()) {
                                return Optional.empty();
                            }
                            boolean done = reply.at(0).text().equals("1");
                            TaskState state =
                                    done
                                            ? TaskState.CANCELLED
                                            : Statuses.state(
                                                    reply.at(1).text(), reply.at(2).text());
                            return Optional.of(new Cancellation(done, state));
                        });
    }

    /**
     * Withdraws a task of this node from the cluster; {@code false} when another node has claimed
     * it.
     *
     * @param token of the attempt if this node has claimed it; else empty
     */
    public Uni<Boolean> withdraw(TaskId id, String token) {
        return scripts.run(Script.WITHDRAW, id, token).map(reply -> reply.whole() == 1);
    }

    /**
     * Reclaims the tasks of dead nodes.
     *
     * @param validity how long a lease is valid without a heartbeat
     * @param maxDeaths how many nodes may die while they run a task
     */
    public Uni<Reclaimed> reclaim(Duration validity, int maxDeaths) {
        return scripts.run(
                        Script.RECLAIM,
                        validity.toMillis(),
                        settings.lease().validity().toMillis(),
                        maxDeaths,
                        ENTRIES_AT_ONCE)
                .map(
                        counts ->
                                new Reclaimed(
                                        counts.at(0).whole(),
                                        counts.at(1).whole(),
                                        counts.at(2).whole()));
    }

    /** Removes this node from the registry. */
    public Uni<ScriptReply> leave() {
        return scripts.run(Script.LEAVE, node);
    }
}
