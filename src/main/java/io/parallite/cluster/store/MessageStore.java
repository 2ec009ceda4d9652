package io.parallite.cluster.store;

import io.parallite.task.TaskId;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The messages to running tasks, in Redis: for each task a list of those that its worker has not
 * received. Each method is one {@link Script} and fails with {@link LinkDownException}. Owned by
 * the engine's thread.
 */
public final class MessageStore {

    /** The most messages of a node to a task that wait in Redis; see also {@link #WINDOW_BYTES}. */
    public static final int WINDOW = 16;

    /** The same in bytes. */
    public static final int WINDOW_BYTES = 1 << 20;

    private final Scripts scripts;
    private final Signer signer;
    private final String node;

    /**
     * Those of one node.
     *
     * @param node its name
     */
    public MessageStore(Scripts scripts, Signer signer, String node) {
        this.scripts = scripts;
        this.signer = signer;
        this.node = node;
    }

    /** A message and its number; the numbers of a node increase. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Numbered(long number, byte[] frame) {}

    /**
     * The state of sent messages.
     *
     * @param inFlight whether the task accepts more
     * @param taken the number of the last message that its worker has received
     * @param refusal why it takes none; empty when it does
     */
    public record Sent(boolean inFlight, long taken, String refusal) {}

    /** Stores messages, each once, and gives the state of earlier ones; also with an empty list. */
    public Uni<Sent> send(TaskId id, List<Numbered> messages) {
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
     * @param before how many messages of the task were delivered before
     */
    public record Taken(long before, List<byte[]> messages) {}

    /**
     * The messages that are not delivered yet; empty when the lease was lost.
     *
     * @param delivered how many were; -1 before the first call
     * @param refusal why the task takes none; empty when it does
     */
    public Uni<Optional<Taken>> take(Lease lease, long delivered, String refusal) {
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
