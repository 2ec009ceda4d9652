package io.parallite.server;

import io.parallite.dispatch.TaskWatcher;
import io.parallite.task.TaskId;
import io.parallite.task.TaskStatus;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.RequestException;

/** Tells a client, in its encoding, what happens to a task it follows. */
final class Follower implements TaskWatcher {

    private final Encoding encoding;
    private final TaskId id;
    private final Replies replies;
    private final boolean wantsState;

    /**
     * @param wantsState whether it is told of the start, too
     */
    Follower(Encoding encoding, TaskId id, Replies replies, boolean wantsState) {
        this.encoding = encoding;
        this.id = id;
        this.replies = replies;
        this.wantsState = wantsState;
    }

    @Override
    public void onStarted(TaskStatus status) {
        if (wantsState) {
            replies.send(encoding.encode(Reply.state(status)));
        }
    }

    @Override
    public void onEvent(byte[] frame) {
        replies.send(inEncoding(frame));
    }

    private byte[] inEncoding(byte[] frame) {
        try {
            return encoding.encode(frame);
        } catch (RequestException e) {
            return encoding.encode(Reply.lostEvent(id, e.kind(), e.explanation()));
        }
    }

    @Override
    public boolean isBehind() {
        return replies.isBehind();
    }
}
