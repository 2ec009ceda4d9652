package io.parallite.cluster.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The atomic changes of state in Redis: Lua scripts in the resource directory {@code cluster/},
 * whose heads describe their arguments and replies.
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
    PUBLISH,
    READ,
    SEND,
    TAKE;

    private final String text = read("common") + read(name().toLowerCase(Locale.ROOT));
    private final String digest = digest(text);

    /** The text of the file, behind the part that all scripts share. */
    String text() {
        return text;
    }

    /** The digest by which Redis identifies a loaded script. */
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

    @SuppressWarnings(
            "InsecureCryptoUsage") // Redis identifies scripts by it; it is not used for security
    private static String digest(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
