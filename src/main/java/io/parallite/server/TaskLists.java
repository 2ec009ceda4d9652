package io.parallite.server;

import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Engine;
import io.parallite.engine.Guard;
import io.parallite.engine.Offload;
import io.parallite.task.TaskDetail;
import io.parallite.task.TaskId;
import io.parallite.task.TaskStatus;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Answers requests for lists of tasks and for details of one: one at a time, so that they never
 * hold up the event loop for longer than one list takes, and with the long part, the encoding, done
 * elsewhere. Owned by the engine's thread.
 */
final class TaskLists {

    /**
     * A question.
     *
     * @param look takes from the engine what the reply is made of, elsewhere
     */
    private record Asked(
            Supplier<Supplier<Reply>> look,
            Encoding encoding,
            BooleanSupplier isWanted,
            Consumer<byte[]> onFrame) {}

    /** The time for a worker to send the output of its task so far. */
    private static final Duration MOMENT = Duration.ofMillis(100);

    private final Engine engine;
    private final Offload offload;
    private final Dispatcher dispatcher;
    private final ArrayDeque<Asked> waiting = new ArrayDeque<>();
    private boolean working;

    TaskLists(Engine engine, Offload offload, Dispatcher dispatcher) {
        this.engine = engine;
        this.offload = offload;
        this.dispatcher = dispatcher;
    }

    /**
     * Has {@code onFrame} called with the reply.
     *
     * @param isWanted whether the client is still there, asked when its turn comes
     */
    void list(
            Request.Tasks request,
            Encoding encoding,
            BooleanSupplier isWanted,
            Consumer<byte[]> onFrame) {
        ask(
                new Asked(
                        () -> {
                            List<TaskStatus> tasks =
                                    dispatcher.tasks().list(request.limit(), request.state());
                            return () -> Reply.tasks(request.id(), tasks);
                        },
                        encoding,
                        isWanted,
                        onFrame));
    }

    /**
     * The same with all that is kept of one task; its reply, which may be long, is read then. The
     * first time that somebody asks for a running task, its worker has a moment to say what that
     * has printed.
     */
    void describe(
            TaskId id, Encoding encoding, BooleanSupplier isWanted, Consumer<byte[]> onFrame) {
        Asked asked =
                new Asked(
                        () -> {
                            Optional<TaskDetail> detail = dispatcher.tasks().detail(id);
                            return () ->
                                    detail.map(Reply::detail)
                                            .orElseGet(() -> RequestHandler.notFound(id));
                        },
                        encoding,
                        isWanted,
                        onFrame);
        if (dispatcher.tasks().listen(id)) {
            engine.schedule(MOMENT, () -> ask(asked));
        } else {
            ask(asked);
        }
    }

    private void ask(Asked asked) {
        waiting.add(asked);
        if (!working) {
            working = true;
            next();
        }
    }

    private void next() {
        Asked asked = waiting.poll();
        while (asked != null && !asked.isWanted.getAsBoolean()) {
            asked = waiting.poll();
        }
        if (asked == null) {
            working = false;
        } else {
            answer(asked);
        }
    }

    private void answer(Asked asked) {
        Supplier<Reply> reply = asked.look.get();
        offload.run(
                () -> asked.encoding.encode(reply.get()),
                (frame, problem) -> {
                    if (frame != null) {
                        Guard.run("answering a list", () -> asked.onFrame.accept(frame));
                    } else if (problem != null) {
                        Guard.log("listing tasks", problem);
                    }
                    engine.schedule(Duration.ZERO, this::next);
                });
    }
}
