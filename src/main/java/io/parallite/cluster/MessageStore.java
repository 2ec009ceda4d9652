package io.parallite.cluster;

import io.parallite.task.TaskId;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Messages to running tasks, in Redis: for each task a list of those that its worker has not got.
 * Each method is one {@link Script} and fails with {@link LinkDownException}. Owned by the engine's
 * thread.
 */
final class MessageStore {

    /** No more messages of a node to a task than these, or {@link #WINDOW_BYTES}, wait in Redis. */
    static final int WINDOW = 16;

    static final int WINDOW_BYTES = 1 << 20;

    private final Scripts scripts;
    private final Signer signer;
    private final String node;

    MessageStore(Scripts scripts, Signer signer, String node) {
        this.scripts = scripts;
        this.signer = signer;
        this.node = node;
    }

    /** A message and its number, which is higher than those of all that the node has sent. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Numbered(long number, byte[] frame) {}

    /**
     * What has become of messages.
     *
     * @param inFlight whether the task takes more
     * @param taken the number of the last one that its worker has got
     * @param refusal why it takes none; empty when it does
     */
    record Sent(boolean inFlight, long taken, String refusal) {}

    /** Stores messages, none of them twice, or none to ask what has become of others. */
    Uni<Sent> send(TaskId id, List<Numbered> messages) {
        List<Object> arguments = new ArrayList<>();
        arguments.add(id);
        arguments.add(node);
        for (Numbered message : messages) {
            arguments.add(message.number());
            arguments.add(Message.signed(id, message, node, signer));
        }
        return scripts.run(Script.SEND, arguments)
                .map(
                        reply ->
                                new Sent(
                                        isInFlight(reply.at(0).text()),
                                        reply.at(1).whole(),
                                        reply.at(2).text()));
    }

    private static boolean isInFlight(String state) {
        return state.equals("queued") || state.equals("running") || state.equals("delayed");
    }

    /**
     * Messages that are to be delivered.
     *
     * @param before how many of the task were delivered before
     */
    record Taken(long before, List<byte[]> messages) {}

    /**
     * The messages after those that were delivered; empty when the lease was lost.
     *
     * @param delivered how many were; -1 before the first call
     * @param refusal why the task takes none; empty when it does
     */
    Uni<Optional<Taken>> take(Lease lease, long delivered, String refusal) {
        return scripts.run(Script.TAKE, lease.id(), lease.token(), delivered, WINDOW, refusal)
                .map(MessageStore::taken);
    }

    private static Optional<Taken> taken(ScriptReply reply) {
        if (reply.isNil()) {
            return Optional.empty();
        }
        List<byte[]> messages = reply.elements().stream().skip(1).map(ScriptReply::bytes).toList();
        return Optional.of(new Taken(reply.at(0).whole(), messages));
    }
}
