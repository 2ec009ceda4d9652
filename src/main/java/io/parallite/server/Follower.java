package io.parallite.server;

import io.parallite.task.TaskId;
import io.parallite.task.TaskOutput;
import io.parallite.task.TaskStatus;
import io.parallite.task.TaskWatcher;
import io.parallite.wire.Encoding;
import io.parallite.wire.Events;
import io.parallite.wire.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sends a client the events of a task that it follows, in its encoding.
 *
 * <p>The output of the task is repeated from its start whenever another client begins to follow it.
 * Each piece has its offset, and is passed on if it is the next one for this client.
 */
final class Follower implements TaskWatcher {

    /** The events that a client wants beside progress and values. */
    record Wishes(boolean state, boolean output) {}

    private final Encoding encoding;
    private final TaskId id;
    private final Replies replies;
    private final Wishes wishes;
    private final Map<String, Long> heard = new HashMap<>(0);

    /** What had been read from the worker before it was held: one read's worth at most. */
    private final List<Event> early = new ArrayList<>(0);

    private boolean held;

    /** An event as the worker has sent it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Event(String name, byte[] frame) {}

    Follower(Encoding encoding, TaskId id, Replies replies, Wishes wishes) {
        this.encoding = encoding;
        this.id = id;
        this.replies = replies;
        this.wishes = wishes;
    }

    @Override
    public void onStarted(TaskStatus status) {
        if (wishes.state()) {
            replies.send(encoding.encode(Reply.state(status)));
        }
    }

    @Override
    public void onEvent(String name, byte[] frame) {
        if (held) {
            early.add(new Event(name, frame));
        } else {
            pass(name, frame);
        }
    }

    private void pass(String name, byte[] frame) {
        if (!name.equals("output") || (wishes.output() && isNext(Events.output(frame)))) {
            replies.sendTranslated(
                    encoding,
                    frame,
                    1,
                    (kind, message) -> Reply.lostEvent(id, name, kind, message));
        }
    }

    /** Output of a command is sent from its start on, output of PHP from the first follower on. */
    private boolean isNext(TaskOutput piece) {
        long known = heard.getOrDefault(piece.stream(), 0L);
        boolean isOfPhp = piece.stream().equals("output");
        if (piece.offset() < known || (piece.offset() > known && !isOfPhp)) {
            return false;
        }
        heard.put(piece.stream(), piece.end());
        return true;
    }

    @Override
    public boolean wantsOutput() {
        return wishes.output();
    }

    @Override
    public void hold(boolean hold) {
        held = hold;
        if (!hold) {
            List<Event> waiting = List.copyOf(early);
            early.clear();
            waiting.forEach(event -> pass(event.name(), event.frame()));
        }
    }

    @Override
    public boolean isBehind() {
        return held || replies.isBehind();
    }
}
