package io.parallite.cluster.store;

import io.parallite.task.TaskId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The format of a message to a task: {@code NODE NUMBER}, added by {@link Script#SEND}, {@code
 * SIGNATURE}, a line feed, and the frame.
 */
public final class Message {

    private static final int LONGEST_HEAD = 1024;

    private Message() {}

    /** The argument of {@link Script#SEND}. */
    static byte[] signed(TaskId id, MessageStore.Numbered message, String node, Signer signer) {
        byte[] signature = signer.ofMessage(id, context(node, message.number()), message.frame());
        return Signer.joined(HexFormat.of().formatHex(signature) + "\n", message.frame());
    }

    private static String context(String node, long number) {
        return node + " " + number;
    }

    /** The frame in {@code bytes}; {@code null} when it is not signed by this cluster. */
    public static byte @Nullable [] read(TaskId id, byte[] bytes, Signer signer) {
        int end = Signer.endOfHead(bytes, LONGEST_HEAD);
        String[] head =
                new String(bytes, 0, Math.max(end, 0), StandardCharsets.UTF_8).split(" ", -1);
        if (head.length != 3) {
            return null;
        }
        byte[] frame = Arrays.copyOfRange(bytes, end + 1, bytes.length);
        try {
            byte[] expected =
                    signer.ofMessage(id, context(head[0], Long.parseLong(head[1])), frame);
            return Signer.matches(expected, HexFormat.of().parseHex(head[2])) ? frame : null;
        } catch (IllegalArgumentException e) { // no number, no signature
            return null;
        }
    }
}
