package io.parallite.server;

import io.parallite.cluster.Cluster;
import io.parallite.dispatch.Dispatcher;
import io.parallite.dispatch.Watch;
import io.parallite.pool.Lane;
import io.parallite.server.ClientBudget.Account;
import io.parallite.server.ClientBudget.Claim;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one client that wait for results of tasks, and those by which it follows tasks.
 * Owned by the engine's thread.
 */
final class AwaitRequests {

    private final Dispatcher dispatcher;
    private final Replies replies;
    private final Account account;
    private final Turn turn;
    private final Set<Watch> watches = new LinkedHashSet<>(0);
    private final Map<Awaited, Awaiting> awaiting = new HashMap<>(0);
    private final Set<Awaiting> tailing = new LinkedHashSet<>(0);

    AwaitRequests(Dispatcher dispatcher, Replies replies, Account account, Turn turn) {
        this.dispatcher = dispatcher;
        this.replies = replies;
        this.account = account;
        this.turn = turn;
    }

    /** The same task is known: its submit is answered with the same result, and runs nothing. */
    void join(Encoding encoding, Task task, Lane lane) {
        Awaiting known = awaiting.get(new Awaited(encoding, task.id(), task.fingerprint()));
        if (known != null) {
            known.again();
            return;
        }
        Uni<TaskResult> result = dispatcher.submit(task, lane, () -> {});
        new Awaiting(new Awaited(encoding, task.id(), task.fingerprint())).begin(result);
    }

    /** Answers a submit once its result is there. */
    void answer(Encoding encoding, TaskId id, Uni<TaskResult> result) {
        result.subscribe().with(ended -> replies.answer(encoding, id, ended));
    }

    /** Answers with the result of a task, now or when it is there. */
    void await(Encoding encoding, TaskId id) {
        Awaited awaited = new Awaited(encoding, id, 0);
        Awaiting known = awaiting.get(awaited);
        if (known != null) {
            known.again();
            return;
        }
        result(id)
                .ifPresentOrElse(
                        result -> new Awaiting(awaited).begin(result),
                        () -> replies.answer(encoding, RequestHandler.notFound(id)));
    }

    /** The result of a task that is known here or may be in the cluster. */
    private Optional<Uni<TaskResult>> result(TaskId id) {
        Cluster joined = dispatcher.cluster();
        return joined != null && dispatcher.isShared(id)
                ? Optional.of(joined.await(id))
                : dispatcher.tasks().await(id);
    }

    /** What is awaited: a task, and in which encoding; of a submit the fingerprint, else 0. */
    private record Awaited(Encoding encoding, TaskId id, long fingerprint) {}

    /**
     * The requests of this client that wait for one result: any number of them is one object, with
     * a count. Forgotten when the client goes away.
     */
    private class Awaiting {

        private final Awaited awaited;
        private final Claim claim;
        private @Nullable Cancellable subscription;
        private int times = 1;

        Awaiting(Awaited awaited) {
            this.awaited = awaited;
            this.claim = account.owe(ClientBudget.REQUEST);
        }

        void begin(Uni<TaskResult> result) {
            add();
            subscription = result.subscribe().with(this::onResult);
        }

        void add() {
            awaiting.put(awaited, this);
        }

        void remove() {
            awaiting.remove(awaited);
        }

        void again() {
            times++;
            claim.grow(ClientBudget.REFERENCE);
        }

        private void onResult(TaskResult result) {
            end();
            turn.spend(result.footprint());
            replies.answer(awaited.encoding, awaited.id, result, times);
        }

        private void end() {
            remove();
            claim.release();
        }

        void leave() {
            end();
            if (subscription != null) {
                subscription.cancel();
            }
        }
    }

    /** The same, with the state and the events of the task before the result. */
    void tail(Encoding encoding, TaskId id) {
        Follower follower = new Follower(encoding, id, replies, new Follower.Wishes(true, true));
        Optional<Watch> watch = dispatcher.watch(id, follower);
        if (watch.isPresent() && !dispatcher.isShared(id)) { // the cluster sends the state itself
            dispatcher.tasks().status(id).ifPresent(follower::onStarted);
        }
        result(id)
                .ifPresentOrElse(
                        result ->
                                new Tailing(new Awaited(encoding, id, 0))
                                        .begin(watched(result, watch)),
                        () -> replies.answer(encoding, RequestHandler.notFound(id)));
    }

    /** The same for one that follows the task: each such request hears of it by itself. */
    private final class Tailing extends Awaiting {

        Tailing(Awaited awaited) {
            super(awaited);
        }

        @Override
        void add() {
            tailing.add(this);
        }

        @Override
        void remove() {
            tailing.remove(this);
        }
    }

    /** Holds or resumes all by which this client follows the task; none when it has ended. */
    void hold(Encoding encoding, TaskId id, boolean held) {
        watches.forEach(watch -> watch.hold(id, held));
        replies.answer(encoding, Reply.held(id, held));
    }

    /** {@code result}, with {@code watch} kept until it is there. */
    Uni<TaskResult> watched(Uni<TaskResult> result, Optional<Watch> watch) {
        if (watch.isEmpty()) {
            return result;
        }
        watches.add(watch.get());
        return result.invoke(
                () -> {
                    watches.remove(watch.get());
                    watch.get().release();
                });
    }

    /** The client has read what it was sent. */
    void onCaughtUp() {
        watches.forEach(Watch::resume);
    }

    /** The client has disconnected: ends its awaits and watches. */
    void close() {
        List<Watch> left = List.copyOf(watches);
        watches.clear();
        left.forEach(Watch::close);
        List<Awaiting> gone = new ArrayList<>(awaiting.values());
        gone.addAll(tailing);
        gone.forEach(Awaiting::leave);
    }
}
