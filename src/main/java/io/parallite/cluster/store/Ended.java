package io.parallite.cluster.store;

import io.parallite.task.TaskId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The notification that a task has ended: {@code ID}, a line feed, and each field of the outcome as
 * {@code LENGTH:BYTES}, or {@code -} for a missing one.
 */
public record Ended(TaskId id, OutcomeFields outcome) {

    private static final byte[] NONE = {};
    private static final int FIELDS = 6;

    /**
     * Parses {@code message} from offset {@code from} on.
     *
     * @return {@code null} when it has another format
     */
    public static @Nullable Ended parse(byte[] message, int from) {
        try {
            int end = indexOf(message, '\n', from);
            TaskId id = new TaskId(text(message, from, end));
            List<byte @Nullable []> fields = fields(message, end + 1);
            return fields.size() != FIELDS ? null : new Ended(id, outcome(fields));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            return null; // a message of another version
        }
    }

    private static OutcomeFields outcome(List<byte @Nullable []> fields) {
        return new OutcomeFields(
                text(fields.get(1)).equals("1"),
                text(fields.get(2)),
                text(fields.get(3)),
                fields.get(4),
                orNone(fields.get(5)));
    }

    private static List<byte @Nullable []> fields(byte[] message, int from) {
        List<byte @Nullable []> fields = new ArrayList<>(FIELDS);
        int at = from;
        while (at < message.length) {
            if (message[at] == '-') {
                fields.add(null);
                at++;
            } else {
                int colon = indexOf(message, ':', at);
                int next = colon + 1 + Integer.parseInt(text(message, at, colon));
                if (next > message.length || next <= colon) {
                    throw new IndexOutOfBoundsException(next);
                }
                fields.add(Arrays.copyOfRange(message, colon + 1, next));
                at = next;
            }
        }
        return fields;
    }

    private static int indexOf(byte[] message, char wanted, int from) {
        for (int i = from; i < message.length; i++) {
            if (message[i] == wanted) {
                return i;
            }
        }
        throw new IndexOutOfBoundsException(message.length);
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    private static String text(byte @Nullable [] field) {
        return new String(orNone(field), StandardCharsets.UTF_8);
    }

    private static byte[] orNone(byte @Nullable [] field) {
        return field == null ? NONE : field;
    }
}
