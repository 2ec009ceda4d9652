package io.parallite.server;

import io.parallite.server.ClientBudget.Claim;
import io.parallite.server.SharedValues.Pin;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.wire.Encoding;
import io.parallite.wire.Reply;
import io.parallite.wire.Request;
import io.parallite.wire.RequestException;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The values that one client shares with its tasks: each stays until the client releases it or goes
 * away, and until the tasks that name it have ended. Owned by the engine's thread.
 */
final class SharedRequests {

    private final SharedValues values;
    private final Replies replies;
    private final Turn turn;
    private final Map<String, Pin> pins = new HashMap<>(0);
    private boolean closed;

    SharedRequests(SharedValues values, Replies replies, Turn turn) {
        this.values = values;
        this.replies = replies;
        this.turn = turn;
    }

    /**
     * Keeps a value for this client, or tells that it has to be sent.
     *
     * @param claim the room that the frame takes
     * @return whether the frame, and with it the room, stays in memory until the value is written
     */
    boolean share(Encoding encoding, Request.Share request, @Nullable Claim claim) {
        byte[] frame = request.frame();
        if (frame == null || isPinned(request.hash())) {
            answer(encoding, request.id(), isPinned(request.hash()));
            return false;
        }
        try {
            values.keep(
                    request.hash(),
                    () -> content(encoding, frame, request.inBase64()),
                    frame.length,
                    problem -> {
                        if (claim != null) {
                            claim.release();
                        }
                        onKept(encoding, request, problem);
                        turn.onLongDone();
                    });
        } catch (RequestException e) { // which does not know whose request it is
            onKept(encoding, request, e);
            return false;
        }
        turn.onLongBegun();
        return true;
    }

    private static byte[] content(Encoding encoding, byte[] frame, boolean inBase64) {
        byte[] payload = encoding.payload(frame);
        if (!inBase64) {
            return payload;
        }
        try {
            return Base64.getDecoder().decode(payload);
        } catch (IllegalArgumentException e) {
            throw new RequestException(
                    FailureKind.INVALID_REQUEST,
                    "payload is not in base64, though payload_encoding says so: " + e.getMessage(),
                    null);
        }
    }

    private void onKept(
            Encoding encoding, Request.Share request, @Nullable RequestException problem) {
        if (problem == null) {
            answer(encoding, request.id(), !closed && isPinned(request.hash()));
        } else {
            TaskId id = request.id();
            replies.answer(
                    encoding,
                    Reply.failure(
                            id == null ? null : id.value(), problem.kind(), problem.explanation()));
        }
    }

    private void answer(Encoding encoding, @Nullable TaskId id, boolean isKept) {
        replies.answer(encoding, Reply.figures(id, Map.of("kept", isKept)));
    }

    private boolean isPinned(String hash) {
        if (!values.isThere(hash)) {
            return false;
        }
        if (pins.containsKey(hash)) {
            return true;
        }
        Pin pin = values.pin(hash);
        if (pin != null) {
            pins.put(hash, pin);
        }
        return pin != null;
    }

    /** This client needs the value no longer; its tasks may. */
    void release(Encoding encoding, Request.Unshare request) {
        Pin pin = pins.remove(request.hash());
        if (pin != null) {
            pin.release();
        }
        replies.answer(encoding, Reply.figures(request.id(), Map.of("released", pin != null)));
    }

    /**
     * Keeps what {@code task} names.
     *
     * @return lets go of it again
     * @throws RequestException when something of it is not here
     */
    Runnable keepFor(Task task) {
        List<String> hashes = task.terms().shared();
        Collection<Pin> kept = values.pinAll(hashes, task.id().value());
        return () -> kept.forEach(Pin::release);
    }

    /** The client is gone. */
    void close() {
        closed = true;
        pins.values().forEach(Pin::release);
        pins.clear();
    }
}
