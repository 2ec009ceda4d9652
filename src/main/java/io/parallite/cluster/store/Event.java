package io.parallite.cluster.store;

import io.parallite.task.TaskId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * An event of a task, as kept in Redis: {@code TOKEN NUMBER NAME SIGNATURE}, a line feed, and the
 * frame. The token names the attempt; its events are numbered from 1.
 *
 * @param name {@code started}, which has no frame, {@code progress}, {@code emit} or {@code output}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Event(String name, byte[] frame) {

    /** The name of the event that a worker has begun the task. */
    public static final String STARTED = "started";

    private static final int LONGEST_HEAD = 1024;

    /** The bytes of the event for Redis. */
    byte[] signed(Signer signer, Lease lease, long number) {
        byte[] signature = signer.ofEvent(lease.id(), context(lease.token(), number, name), frame);
        String head =
                context(lease.token(), number, name)
                        + " "
                        + HexFormat.of().formatHex(signature)
                        + "\n";
        return Signer.joined(head, frame);
    }

    private static String context(String token, long number, String name) {
        return token + " " + number + " " + name;
    }

    /** An event with the attempt that it belongs to, and its number in that. */
    public record Numbered(String token, long number, Event event) {}

    /** The event in {@code bytes}; {@code null} when it is not signed by this cluster. */
    public static @Nullable Numbered read(TaskId id, byte[] bytes, Signer signer) {
        int end = Signer.endOfHead(bytes, LONGEST_HEAD);
        String[] head =
                new String(bytes, 0, Math.max(end, 0), StandardCharsets.UTF_8).split(" ", -1);
        if (head.length != 4) {
            return null;
        }
        byte[] frame = Arrays.copyOfRange(bytes, end + 1, bytes.length);
        try {
            long number = Long.parseLong(head[1]);
            byte[] expected = signer.ofEvent(id, context(head[0], number, head[2]), frame);
            return Signer.matches(expected, HexFormat.of().parseHex(head[3]))
                    ? new Numbered(head[0], number, new Event(head[2], frame))
                    : null;
        } catch (IllegalArgumentException e) { // no number, no signature
            return null;
        }
    }
}
