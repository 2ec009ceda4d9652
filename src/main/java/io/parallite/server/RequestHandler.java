package io.parallite.server;

import io.parallite.dispatch.Dispatcher;
import io.parallite.dispatch.Watch;
import io.parallite.pool.Lane;
import io.parallite.pool.ReloadOutcome;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskStatus;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Does what one client asks for: every request gets one reply, now or later. Owned by the engine's
 * thread.
 */
final class RequestHandler {

    private final Services services;
    private final Dispatcher dispatcher;
    private final Figures figures;
    private final Lane lane;
    private final Replies replies;
    private final Set<Watch> watches = new LinkedHashSet<>(0);
    private final Set<Awaiting> awaiting = new LinkedHashSet<>(0);

    /** A handler for the client behind {@code replies}, whose tasks wait in {@code lane}. */
    RequestHandler(Services services, Lane lane, Replies replies) {
        this.services = services;
        this.dispatcher = services.dispatcher();
        this.figures = services.figures();
        this.lane = lane;
        this.replies = replies;
    }

    /**
     * Fulfils a request.
     *
     * @param reserved what its frame takes of the budget
     * @return whether the frame, and with it what was reserved for it, stays in memory for a task
     */
    boolean handle(Encoding encoding, Request request, long reserved) {
        switch (request) {
            case Request.Submit(Task task, Request.Wish wish) -> {
                submit(encoding, task, wish, reserved);
                return true;
            }
            case Request.Await(TaskId id) -> await(encoding, id);
            case Request.Status(TaskId id) -> replies.answer(encoding, status(id));
            case Request.Cancel(TaskId id, Duration grace) ->
                    replies.answer(encoding, cancel(id, grace));
            case Request.Tail(TaskId id) -> tail(encoding, id);
            case Request.Tasks(var id, int limit, var state) ->
                    replies.answer(encoding, Reply.tasks(id, dispatcher.tasks(limit, state)));
            case Request.Ping(var id) ->
                    replies.answer(encoding, Reply.figures(id, figures.ping()));
            case Request.Stats(var id) ->
                    figures.stats()
                            .subscribe()
                            .with(stats -> replies.answer(encoding, Reply.figures(id, stats)));
            case Request.Reload(var id) ->
                    dispatcher
                            .reload()
                            .subscribe()
                            .with(outcome -> replies.answer(encoding, reloaded(id, outcome)));
            case Request.Stop(var id) -> stop(encoding, id);
        }
        return false;
    }

    private void submit(Encoding encoding, Task submitted, Request.Wish wish, long reserved) {
        Task task =
                services.settings().addBenchmark() ? withBenchmark(encoding, submitted) : submitted;
        Uni<TaskResult> result = dispatcher.submit(task, lane);
        if (reserved > 0) {
            result = result.onTermination().invoke(() -> services.budget().release(reserved));
        }
        if (task.detached()) {
            answerDetached(encoding, task.id(), result);
        } else if (wish != Request.Wish.REPLY) {
            Follower.Wishes wishes = new Follower.Wishes(false, wish == Request.Wish.OUTPUT);
            Follower follower = new Follower(encoding, task.id(), replies, wishes);
            answerWhenDone(encoding, task.id(), watched(result, dispatcher.watch(task, follower)));
        } else {
            answerWhenDone(encoding, task.id(), result);
        }
    }

    private static Task withBenchmark(Encoding encoding, Task task) {
        return new Task(
                task.id(),
                encoding.withBenchmark(task.frame()),
                task.fingerprint(),
                task.timeout(),
                task.detached());
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

    private void await(Encoding encoding, TaskId id) {
        dispatcher
                .await(id)
                .ifPresentOrElse(
                        result -> new Awaiting(encoding, id).begin(result),
                        () -> replies.answer(encoding, notFound(id)));
    }

    /** A client that waits for a task of whoever; forgotten when the client goes away. */
    private final class Awaiting {

        private final Encoding encoding;
        private final TaskId id;
        private @Nullable Cancellable subscription;

        Awaiting(Encoding encoding, TaskId id) {
            this.encoding = encoding;
            this.id = id;
        }

        void begin(Uni<TaskResult> result) {
            awaiting.add(this);
            subscription = result.subscribe().with(this::onResult);
        }

        private void onResult(TaskResult result) {
            awaiting.remove(this);
            replies.answer(encoding, id, result);
        }

        void leave() {
            if (subscription != null) {
                subscription.cancel();
            }
        }
    }

    private void tail(Encoding encoding, TaskId id) {
        Follower follower = new Follower(encoding, id, replies, new Follower.Wishes(true, true));
        Optional<Watch> watch = dispatcher.watch(id, follower);
        if (watch.isPresent()) {
            dispatcher.status(id).ifPresent(follower::onStarted);
        }
        dispatcher
                .await(id)
                .ifPresentOrElse(
                        result -> new Awaiting(encoding, id).begin(watched(result, watch)),
                        () -> replies.answer(encoding, notFound(id)));
    }

    /** {@code result}, with {@code watch} kept until it is there. */
    private Uni<TaskResult> watched(Uni<TaskResult> result, Optional<Watch> watch) {
        if (watch.isEmpty()) {
            return result;
        }
        watches.add(watch.get());
        return result.invoke(() -> watches.remove(watch.get()));
    }

    /** The client has read what it was sent. */
    void onCaughtUp() {
        watches.forEach(Watch::resume);
    }

    /** The client is gone: it awaits and follows no task any more. */
    void close() {
        List<Watch> left = List.copyOf(watches);
        watches.clear();
        left.forEach(Watch::close);
        List<Awaiting> gone = List.copyOf(awaiting);
        awaiting.clear();
        gone.forEach(Awaiting::leave);
    }

    private void answerWhenDone(Encoding encoding, TaskId id, Uni<TaskResult> result) {
        result.subscribe().with(ended -> replies.answer(encoding, id, ended));
    }

    private Reply status(TaskId id) {
        return dispatcher.status(id).map(Reply::status).orElseGet(() -> notFound(id));
    }

    private Reply cancel(TaskId id, Duration grace) {
        Optional<TaskStatus> before = dispatcher.status(id);
        if (before.isEmpty()) {
            return notFound(id);
        }
        boolean cancelled = dispatcher.cancel(id, grace);
        return Reply.cancelled(dispatcher.status(id).orElseGet(before::get), cancelled);
    }

    private static Reply notFound(TaskId id) {
        return Reply.failure(
                id.value(),
                FailureKind.NOT_FOUND,
                "no task \"%s\" is in flight or retained; it was never submitted, or its result has expired"
                        .formatted(id));
    }

    private static Reply reloaded(@Nullable TaskId id, ReloadOutcome outcome) {
        return switch (outcome) {
            case ReloadOutcome.Done(int replaced, Duration took) -> {
                Map<String, Object> figures = new LinkedHashMap<>();
                figures.put("replaced", replaced);
                figures.put("took_ms", took.toMillis());
                yield Reply.figures(id, figures);
            }
            case ReloadOutcome.Failed(String explanation) ->
                    Reply.failure(
                            id == null ? null : id.value(), FailureKind.RELOAD_FAILED, explanation);
        };
    }

    /** The answer goes out before the daemon begins to stop. */
    private void stop(Encoding encoding, @Nullable TaskId id) {
        replies.answer(encoding, Reply.figures(id, Map.of("stopping", true)));
        services.stop().run();
    }
}
