package io.parallite.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The changes of state that happen in Redis, each of them atomic: the files of these names below
 * {@code cluster/} among the resources, whose heads say what they take and reply.
 */
enum Script {
    ENQUEUE,
    CLAIM,
    HEARTBEAT,
    COMPLETE,
    RETURN,
    BURY,
    AWAIT,
    STATUS,
    CANCEL,
    RECLAIM,
    RECOVER,
    PROMOTE,
    LEAVE,
    NODES,
    DEAD,
    RETRY,
    DROP,
    WITHDRAW,
    FOLLOW,
    UNFOLLOW,
    TELL,
    HEAR,
    SEND,
    TAKE;

    private final String text = read("common") + read(name().toLowerCase(Locale.ROOT));
    private final String digest = digest(text);

    /** What stands in the file, after what all of them share. */
    String text() {
        return text;
    }

    /** By what Redis knows it, once it has seen it. */
    String digest() {
        return digest;
    }

    private static String read(String name) {
        try (InputStream file = Script.class.getResourceAsStream("/cluster/" + name + ".lua")) {
            if (file == null) {
                throw new IOException("cluster/" + name + ".lua is not on the class path");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("InsecureCryptoUsage") // Redis names scripts by it; nothing rests on it
    private static String digest(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
