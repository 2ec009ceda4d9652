package io.parallite.server;

import io.parallite.cluster.Cluster;
import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Guard;
import io.parallite.pool.Lane;
import io.parallite.server.ClientBudget.Account;
import io.parallite.server.ClientBudget.Claim;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskStatus;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import io.parallite.wire.RequestException;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Does what one client asks for: every request gets one reply, now or later. Owned by the engine's
 * thread.
 */
final class RequestHandler {

    private static final Logger LOG = Logger.getLogger(RequestHandler.class);

    private final Peer peer;
    private final Services services;
    private final Dispatcher dispatcher;
    private final Figures figures;
    private final Lane lane;
    private final Replies replies;
    private final Account account;
    private final Turn turn;
    private final @Nullable ClusterRequests cluster;
    private final SharedRequests shared;
    private final AwaitRequests awaits;
    private final DaemonRequests daemon;
    private boolean closed;

    /** Whether it has submitted tasks that end with it. */
    private boolean hasTasksToEnd;

    /** Whether it has submitted any task. */
    private boolean hasSubmitted;

    /**
     * A handler for the client behind {@code replies}, whose tasks wait in {@code lane}.
     *
     * @param peer the client
     */
    RequestHandler(
            Services services, Lane lane, Replies replies, Account account, Turn turn, Peer peer) {
        this.peer = peer;
        this.services = services;
        this.dispatcher = services.dispatcher();
        this.figures = services.figures();
        this.lane = lane;
        this.replies = replies;
        this.account = account;
        this.turn = turn;
        Cluster joined = dispatcher.cluster();
        this.cluster =
                joined == null ? null : new ClusterRequests(joined, this::status, replies, account);
        this.shared = new SharedRequests(services.shared(), replies, turn);
        this.awaits = new AwaitRequests(dispatcher, replies, account, turn);
        this.daemon = new DaemonRequests(services, replies, account, turn, peer.described());
    }

    /**
     * Fulfils a request.
     *
     * @param claim the room that its frame takes; {@code null} when it is small and has none yet
     * @return whether the frame, and with it the room, stays in memory for a task
     */
    boolean handle(Encoding encoding, Request request, @Nullable Claim claim) {
        if (closed && !request.outlivesItsClient()) {
            return false;
        }
        switch (request) {
            case Request.Submit(Task task, Request.Wish wish) -> {
                return submit(encoding, task, wish, claim);
            }
            case Request.Send send -> {
                send(encoding, send, claim);
                return true;
            }
            case Request.Share share -> {
                return shared.share(encoding, share, claim);
            }
            case Request.Unshare unshare -> shared.release(encoding, unshare);
            case Request.Cancel(TaskId id, Duration grace) -> cancel(encoding, id, grace);
            case Request.Reload(var id) -> daemon.reload(encoding, id);
            case Request.Control control -> daemon.control(encoding, control);
            case Request.Stop(var id) -> daemon.stop(encoding, id);
            case Request.Await(TaskId id) -> awaits.await(encoding, id);
            case Request.Status(TaskId id) -> status(encoding, id);
            case Request.Detail(TaskId id) -> detail(encoding, id);
            case Request.Failures(var id, int limit) ->
                    replies.answer(encoding, Reply.failures(id, dispatcher.log().failures(limit)));
            case Request.Tail(TaskId id) -> awaits.tail(encoding, id);
            case Request.Hold(TaskId id, boolean held) -> awaits.hold(encoding, id, held);
            case Request.Tasks tasks -> daemon.list(encoding, tasks);
            case Request.Ping(var id) ->
                    replies.answer(encoding, Reply.figures(id, figures.ping()));
            case Request.Authenticate(var id, _) ->
                    replies.answer(encoding, Reply.figures(id, Map.of("authenticated", true)));
            case Request.Stats(var id) -> daemon.stats(encoding, id);
            case Request.Settings(var id) ->
                    replies.answer(encoding, Reply.figures(id, figures.settings()));
            case Request.Nodes _, Request.DeadLetters _, Request.DeadLetter _ ->
                    ofCluster(encoding, request);
        }
        return false;
    }

    private boolean submit(
            Encoding encoding, Task submitted, Request.Wish wish, @Nullable Claim claim) {
        TaskId id = submitted.id();
        hasSubmitted = true;
        if (submitted.terms().endsWithClient() && !submitted.detached()) {
            if (closed) {
                return false;
            }
            hasTasksToEnd = true;
        }
        if (cluster == null && submitted.terms().delivery().needsCluster()) {
            throw new RequestException(
                    FailureKind.CLUSTER_UNAVAILABLE,
                    "delay_ms, retries and unique are kept by a cluster, and this daemon is on its own; set cluster_url, or submit without them",
                    id.value());
        }
        boolean isKnown = dispatcher.tasks().has(id);
        if (isKnown && wish == Request.Wish.REPLY && !submitted.detached()) {
            if (!closed) {
                awaits.join(encoding, submitted, lane);
            }
            return false;
        }
        if (!isKnown) {
            requirePool(submitted);
        }
        if (cluster != null && submitted.detached()) {
            requireNothingShared(submitted);
        }
        Task task =
                services.settings().addBenchmark() ? withBenchmark(encoding, submitted) : submitted;
        Claim room = claim == null ? claim(submitted, isKnown) : claim;
        if (!isKnown) {
            charge(submitted, room);
        }
        if (cluster != null && task.detached()) {
            cluster.submit(encoding, task, room);
            return true;
        }
        Uni<TaskResult> result = run(task, room, isKnown);
        if (task.detached()) {
            answerDetached(encoding, id, result);
        } else if (wish != Request.Wish.REPLY) {
            Follower.Wishes wishes = new Follower.Wishes(false, wish == Request.Wish.OUTPUT);
            Follower follower = new Follower(encoding, id, replies, wishes);
            awaits.answer(encoding, id, awaits.watched(result, dispatcher.watch(task, follower)));
        } else {
            awaits.answer(encoding, id, result);
        }
        return true;
    }

    /** Before a detached task is acknowledged. */
    private void requirePool(Task task) {
        String pool = task.terms().pool();
        if (dispatcher.pools().find(pool) == null) {
            throw new RequestException(
                    FailureKind.INVALID_REQUEST,
                    dispatcher.pools().explainMissing(pool),
                    task.id().value());
        }
    }

    private Uni<TaskResult> run(Task task, Claim room, boolean isKnown) {
        Runnable release = room::release;
        try {
            if (!isKnown && !task.terms().shared().isEmpty()) {
                Runnable unpin = shared.keepFor(task);
                release =
                        () -> {
                            room.release();
                            unpin.run();
                        };
            }
            return dispatcher.submit(task, lane, release);
        } catch (Throwable e) {
            release.run();
            throw e;
        }
    }

    /** Answered once the task's worker has the message. */
    private void send(Encoding encoding, Request.Send request, @Nullable Claim claim) {
        byte[] frame = request.frame();
        Claim room = claim == null ? account.owe(frame.length + ClientBudget.REQUEST) : claim;
        dispatcher
                .send(request.to(), frame, room::release)
                .subscribe()
                .with(
                        ignored ->
                                replies.answer(
                                        encoding,
                                        Reply.figures(request.id(), Map.of("sent", true))),
                        failure -> replies.answer(encoding, refused(request.id(), failure)));
    }

    private static Reply refused(@Nullable TaskId id, Throwable failure) {
        String asked = id == null ? null : id.value();
        if (failure instanceof TaskException known) {
            return Reply.failure(asked, known.kind(), known.explanation());
        }
        Guard.log("a message to a task", failure);
        return Reply.failure(
                asked,
                FailureKind.INTERNAL,
                "the daemon met a defect with this message; its log has the details");
    }

    private static void requireNothingShared(Task task) {
        if (!task.terms().shared().isEmpty()) {
            throw new RequestException(
                    FailureKind.INVALID_REQUEST,
                    "a detached task of a cluster may run on another machine, where there are no shared values; give it the value itself, or do not detach it",
                    task.id().value());
        }
    }

    /** Room for a small request, which is counted only now; what runs nothing needs none. */
    private Claim claim(Task task, boolean isKnown) {
        long bytes = isKnown ? 0 : task.frame().length + (long) ClientBudget.TASK;
        Claim claim = account.tryClaim(bytes);
        if (claim == null) {
            throw new RequestException(
                    FailureKind.BUDGET_EXCEEDED,
                    "the requests of all clients take %d bytes, and the %d of this one exceed max_inflight_bytes=%d; submit again when tasks have ended, or raise max_inflight_bytes and -Xmx"
                            .formatted(
                                    services.budget().requestBytes(),
                                    bytes,
                                    services.budget().share()),
                    task.id().value());
        }
        return claim;
    }

    /** Charges the client's quota for as long as the task's frame takes room. */
    private void charge(Task task, Claim room) {
        try {
            Quotas.Charge charge = peer.quota().charge(task);
            if (charge != null) {
                room.releaseWith(charge::release);
            }
        } catch (Throwable e) {
            room.release();
            throw e;
        }
    }

    private static Task withBenchmark(Encoding encoding, Task task) {
        return task.withFrame(encoding.withBenchmark(task.frame()));
    }

    /** A detached task is acknowledged, unless it has been refused on the spot. */
    private void answerDetached(Encoding encoding, TaskId id, Uni<TaskResult> result) {
        TaskResult[] ended = new TaskResult[1];
        result.subscribe().with(now -> ended[0] = now);
        if (ended[0] instanceof TaskResult.Failed refused) {
            replies.answer(encoding, id, refused);
        } else {
            replies.answer(encoding, Reply.accepted(id));
        }
    }

    private void detail(Encoding encoding, TaskId id) {
        if (cluster != null && dispatcher.isShared(id) && dispatcher.log().find(id).isEmpty()) {
            cluster.status(encoding, id);
            return;
        }
        turn.onLongBegun();
        services.lists()
                .describe(
                        id,
                        encoding,
                        () -> !closed,
                        frame -> {
                            replies.answer(frame);
                            turn.onLongDone();
                        });
    }

    /** The client has read what it was sent. */
    void onCaughtUp() {
        awaits.onCaughtUp();
    }

    /**
     * The client has disconnected: ends its awaits and watches, and cancels the tasks that end with
     * it.
     */
    void close() {
        closed = true;
        awaits.close();
        daemon.close();
        shared.close();
        if (hasTasksToEnd) {
            dispatcher.onClientGone(lane);
        }
    }

    private void status(Encoding encoding, TaskId id) {
        if (cluster != null && (dispatcher.isShared(id) || dispatcher.isElsewhere(id))) {
            cluster.status(encoding, id);
        } else {
            replies.answer(encoding, status(id));
        }
    }

    private Reply status(TaskId id) {
        return dispatcher.tasks().status(id).map(Reply::status).orElseGet(() -> notFound(id));
    }

    /**
     * A client that cancels the task of another one is an operator; libraries often cancel their
     * own.
     */
    private void cancel(Encoding encoding, TaskId id, Duration grace) {
        LOG.logf(
                hasSubmitted ? Logger.Level.DEBUG : Logger.Level.INFO,
                "cancelling is asked for task=%s by=[%s]",
                id,
                peer.described());
        if (cluster != null && dispatcher.isShared(id)) {
            cluster.cancel(encoding, id, grace);
        } else {
            replies.answer(encoding, cancel(id, grace));
        }
    }

    private Reply cancel(TaskId id, Duration grace) {
        Optional<TaskStatus> before = dispatcher.tasks().status(id);
        if (before.isEmpty()) {
            return notFound(id);
        }
        boolean cancelled = dispatcher.cancel(id, grace);
        return Reply.cancelled(dispatcher.tasks().status(id).orElseGet(before::get), cancelled);
    }

    private void ofCluster(Encoding encoding, Request request) {
        if (cluster == null) {
            TaskId id = id(request);
            replies.answer(
                    encoding,
                    Reply.failure(
                            id == null ? null : id.value(),
                            FailureKind.CLUSTER_UNAVAILABLE,
                            "this daemon is in no cluster; set cluster_url and cluster_secret_file"));
            return;
        }
        switch (request) {
            case Request.Nodes(var id) -> cluster.nodes(encoding, id);
            case Request.DeadLetters letters -> cluster.deadLetters(encoding, letters);
            case Request.DeadLetter letter -> cluster.deadLetter(encoding, letter);
            default -> throw new IllegalArgumentException(String.valueOf(request));
        }
    }

    private static @Nullable TaskId id(Request request) {
        return switch (request) {
            case Request.Nodes(var id) -> id;
            case Request.DeadLetters letters -> letters.id();
            case Request.DeadLetter letter -> letter.id();
            default -> null;
        };
    }

    static Reply notFound(TaskId id) {
        return Reply.failure(
                id.value(),
                FailureKind.NOT_FOUND,
                "no task \"%s\" is in flight or retained; it was never submitted, or its result has expired"
                        .formatted(id));
    }
}
