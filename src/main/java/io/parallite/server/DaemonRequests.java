package io.parallite.server;

import io.parallite.dispatch.Dispatcher;
import io.parallite.pool.ReloadOutcome;
import io.parallite.server.ClientBudget.Account;
import io.parallite.server.ClientBudget.Claim;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import java.util.Locale;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The requests of one client that are about the daemon itself. Owned by the engine's thread. */
final class DaemonRequests {

    private static final Logger LOG = Logger.getLogger(DaemonRequests.class);

    private final Services services;
    private final Dispatcher dispatcher;
    private final Figures figures;
    private final Replies replies;
    private final Account account;
    private final Turn turn;
    private final Object peer;
    private boolean closed;

    /**
     * @param peer the client, for the log
     */
    DaemonRequests(Services services, Replies replies, Account account, Turn turn, Object peer) {
        this.peer = peer;
        this.services = services;
        this.dispatcher = services.dispatcher();
        this.figures = services.figures();
        this.replies = replies;
        this.account = account;
        this.turn = turn;
    }

    /** The client is gone: long answers need not be made. */
    void close() {
        closed = true;
    }

    void list(Encoding encoding, Request.Tasks request) {
        turn.onLongBegun();
        services.lists()
                .list(
                        request,
                        encoding,
                        () -> !closed,
                        frame -> {
                            replies.answer(frame);
                            turn.onLongDone();
                        });
    }

    /** Of a task that only the cluster knows there is its status. */
    void stats(Encoding encoding, @Nullable TaskId id) {
        turn.onLongBegun();
        figures.stats()
                .subscribe()
                .with(
                        stats -> {
                            replies.answer(encoding, Reply.figures(id, stats));
                            turn.onLongDone();
                        });
    }

    void reload(Encoding encoding, @Nullable TaskId id) {
        LOG.infof("reload is asked for by=[%s]", peer);
        Claim claim = account.owe(ClientBudget.REQUEST);
        dispatcher
                .pools()
                .reload()
                .subscribe()
                .with(
                        outcome -> {
                            claim.release();
                            replies.answer(encoding, reloaded(id, outcome));
                        });
    }

    void control(Encoding encoding, Request.Control control) {
        TaskId id = control.id();
        LOG.infof(
                "%s is asked for%s%s by=[%s]",
                control.action().name().toLowerCase(Locale.ROOT),
                control.pool() == null ? "" : " pool=" + control.pool(),
                control.action() == Request.Action.SCALE ? " workers=" + control.workers() : "",
                peer);
        switch (control.action()) {
            case PAUSE -> dispatcher.pools().pause(control.pool());
            case RESUME -> dispatcher.resume(control.pool());
            case SCALE -> dispatcher.pools().get(control.pool()).scale(control.workers());
            case DRAIN -> {
                drain(encoding, id);
                return;
            }
        }
        replies.answer(encoding, Reply.figures(id, figures.control(control.pool())));
    }

    private void drain(Encoding encoding, @Nullable TaskId id) {
        Claim claim = account.owe(ClientBudget.REQUEST);
        dispatcher
                .drain()
                .subscribe()
                .with(
                        ignored -> {
                            claim.release();
                            replies.answer(encoding, Reply.figures(id, figures.control(null)));
                        });
    }

    private static Reply reloaded(@Nullable TaskId id, ReloadOutcome outcome) {
        return switch (outcome) {
            case ReloadOutcome.Done done -> Reply.figures(id, done.fields());
            case ReloadOutcome.Failed(String explanation) ->
                    Reply.failure(
                            id == null ? null : id.value(), FailureKind.RELOAD_FAILED, explanation);
        };
    }

    /** The answer goes out before the daemon begins to stop. */
    void stop(Encoding encoding, @Nullable TaskId id) {
        LOG.infof("stop is asked for by=[%s]", peer);
        replies.answer(encoding, Reply.figures(id, Map.of("stopping", true)));
        services.stop().run();
    }
}
