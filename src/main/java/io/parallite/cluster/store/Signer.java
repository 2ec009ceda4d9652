package io.parallite.cluster.store;

import io.parallite.task.TaskId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs data in Redis by HMAC-SHA-256 with the cluster's secret. Closures and serialized results
 * are code, so data without a valid signature is neither run nor passed on.
 *
 * <p>The signature covers the cluster, the kind (task, result, event or message), the release or
 * the attempt, the task's id and the bytes. Owned by the engine's thread.
 */
public final class Signer {

    private static final String ALGORITHM = "HmacSHA256";

    private final Mac mac;
    private final String cluster;

    /** A signer for tasks and results of {@code cluster}. */
    public Signer(byte[] secret, String cluster) {
        this.cluster = cluster;
        SecretKey key = new SecretKeySpec(secret, ALGORITHM);
        try {
            mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    /** The signature of a task of {@code release}. */
    public byte[] ofTask(TaskId id, String release, byte[] frame) {
        return sign("task", id, release, frame);
    }

    /** The signature of a worker's reply. */
    byte[] ofResult(TaskId id, byte[] frame) {
        return sign("result", id, "", frame);
    }

    /**
     * The signature of an event of a task; {@code context} has the attempt and the event's number.
     */
    byte[] ofEvent(TaskId id, String context, byte[] frame) {
        return sign("event", id, context, frame);
    }

    /** The signature of the progress of a task. */
    byte[] ofProgress(TaskId id, byte[] frame) {
        return sign("progress", id, "", frame);
    }

    /** The signature of a message to a task; {@code context} names the sender. */
    byte[] ofMessage(TaskId id, String context, byte[] frame) {
        return sign("message", id, context, frame);
    }

    /** A line, with its line feed, and the frame behind it. */
    static byte[] joined(String line, byte[] frame) {
        byte[] head = line.getBytes(StandardCharsets.UTF_8);
        byte[] joined = Arrays.copyOf(head, head.length + frame.length);
        System.arraycopy(frame, 0, joined, head.length, frame.length);
        return joined;
    }

    /** Where the first line ends; -1 when it is longer than {@code most}, or there is none. */
    static int endOfHead(byte[] bytes, int most) {
        for (int i = 0; i < Math.min(bytes.length, most); i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    /** Whether two signatures are equal, compared in constant time. */
    public static boolean matches(byte[] one, byte[] other) {
        return MessageDigest.isEqual(one, other);
    }

    private byte[] sign(String kind, TaskId id, String context, byte[] frame) {
        add(cluster);
        add(kind);
        add(context);
        add(id.value());
        return mac.doFinal(frame);
    }

    /** Adds a text with its length, so that different lists of texts have different encodings. */
    private void add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int shift = Integer.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
            mac.update((byte) (bytes.length >>> shift));
        }
        mac.update(bytes);
    }
}
