package io.parallite.server;

import io.parallite.cluster.Cluster;
import io.parallite.server.ClientBudget.Account;
import io.parallite.server.ClientBudget.Claim;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.task.TaskId;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one client that Redis has to be asked for. Each is answered once, later. Owned by
 * the engine's thread.
 */
final class ClusterRequests {

    private static final Logger LOG = Logger.getLogger(ClusterRequests.class);

    private final Cluster cluster;
    private final Function<TaskId, Reply> statusHere;
    private final Replies replies;
    private final Account account;

    /**
     * @param statusHere where a task stands that the cluster does not know
     */
    ClusterRequests(
            Cluster cluster, Function<TaskId, Reply> statusHere, Replies replies, Account account) {
        this.cluster = cluster;
        this.statusHere = statusHere;
        this.replies = replies;
        this.account = account;
    }

    /**
     * Acknowledges a detached task once it is stored, or says why it is not.
     *
     * @param room what its frame takes until then
     */
    void submit(Encoding encoding, Task task, Claim room) {
        TaskId id = task.id();
        answer(
                encoding,
                id,
                room,
                cluster.submit(task),
                refusal ->
                        refusal.map(why -> Reply.failure(id.value(), why.kind(), why.message()))
                                .orElseGet(() -> Reply.accepted(id)));
    }

    void status(Encoding encoding, TaskId id) {
        answer(
                encoding,
                id,
                owe(),
                cluster.status(id),
                status -> status.map(Reply::status).orElseGet(() -> statusHere.apply(id)));
    }

    void cancel(Encoding encoding, TaskId id, Duration grace) {
        answer(
                encoding,
                id,
                owe(),
                cluster.cancel(id, grace),
                outcome ->
                        outcome.map(what -> Reply.cancelled(id, what.state(), what.done()))
                                .orElseGet(() -> notFound(id)));
    }

    void nodes(Encoding encoding, @Nullable TaskId id) {
        answer(
                encoding,
                id,
                owe(),
                cluster.registry().overview(),
                overview -> Reply.figures(id, overview));
    }

    void deadLetters(Encoding encoding, Request.DeadLetters request) {
        answer(
                encoding,
                request.id(),
                owe(),
                cluster.registry().deadLetters(request.limit()),
                letters -> Reply.figures(request.id(), Map.of("dead", letters)));
    }

    void deadLetter(Encoding encoding, Request.DeadLetter request) {
        TaskId id = request.id();
        switch (request.action()) {
            case SHOW ->
                    answer(
                            encoding,
                            id,
                            owe(),
                            cluster.registry().deadLetter(id),
                            letters -> shown(id, letters));
            case RETRY ->
                    answer(
                            encoding,
                            id,
                            owe(),
                            cluster.registry().retry(id),
                            done -> changed(id, "retried", done));
            case DROP ->
                    answer(
                            encoding,
                            id,
                            owe(),
                            cluster.registry().drop(id),
                            done -> changed(id, "dropped", done));
        }
    }

    private static Reply shown(TaskId id, List<Map<String, Object>> letters) {
        return letters.isEmpty()
                ? noDeadLetter(id)
                : Reply.figures(id, Map.of("dead", letters.getFirst()));
    }

    private static Reply changed(TaskId id, String what, boolean done) {
        return done ? Reply.figures(id, Map.of(what, true)) : noDeadLetter(id);
    }

    private static Reply noDeadLetter(TaskId id) {
        return Reply.failure(
                id.value(),
                FailureKind.NOT_FOUND,
                "no dead letter is called \"%s\"; `parallite dead list` lists them".formatted(id));
    }

    private Claim owe() {
        return account.owe(ClientBudget.REQUEST);
    }

    private <T> void answer(
            Encoding encoding,
            @Nullable TaskId id,
            Claim claim,
            Uni<T> asked,
            Function<T, Reply> reply) {
        asked.map(reply)
                .onFailure()
                .recoverWithItem(failure -> failed(id, failure))
                .subscribe()
                .with(
                        answer -> {
                            claim.release();
                            replies.answer(encoding, answer);
                        });
    }

    private static Reply failed(@Nullable TaskId id, Throwable failure) {
        String name = id == null ? null : id.value();
        if (failure instanceof TaskException known) {
            return Reply.failure(name, known.kind(), known.explanation());
        }
        LOG.errorf(failure, "a request to the cluster met a defect task=%s", name);
        return Reply.failure(
                name,
                FailureKind.INTERNAL,
                "the daemon met a defect with this request; its log has the details");
    }

    private static Reply notFound(TaskId id) {
        return Reply.failure(
                id.value(),
                FailureKind.NOT_FOUND,
                "no task \"%s\" is in flight or retained here or in the cluster; it was never submitted, or its result has expired"
                        .formatted(id));
    }
}
