package io.parallite.server;

import io.parallite.dispatch.Dispatcher;
import io.parallite.engine.Engine;
import io.parallite.engine.Guard;
import io.parallite.engine.Offload;
import io.parallite.task.TaskStatus;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Answers requests for lists of tasks: one at a time, so that they never hold up the event loop for
 * longer than one list takes, and with the long part, the encoding, done elsewhere. Owned by the
 * engine's thread.
 */
final class TaskLists {

    private record Asked(
            Request.Tasks request,
            Encoding encoding,
            BooleanSupplier isWanted,
            Consumer<byte[]> onFrame) {}

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
        waiting.add(new Asked(request, encoding, isWanted, onFrame));
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
        Request.Tasks request = asked.request;
        List<TaskStatus> tasks = dispatcher.tasks(request.limit(), request.state());
        offload.run(
                () -> asked.encoding.encode(Reply.tasks(request.id(), tasks)),
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
