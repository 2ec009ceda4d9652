package io.parallite.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.regex.Pattern;

/** The secret that clients show before a daemon on TCP reads anything else of theirs. */
public final class AuthToken {

    /** The longest in characters. */
    public static final int MAX_LENGTH = 256;

    private static final Pattern FORM = Pattern.compile("[\\x21-\\x7e]{16," + MAX_LENGTH + "}");

    private final String text;

    private AuthToken(String text) {
        this.text = text;
    }

    /**
     * Reads a token from a file that holds nothing else but white space around it.
     *
     * @throws ConfigException when the file cannot be read or holds something else
     */
    public static AuthToken read(Path file) {
        byte[] content = SecretFile.read(Setting.AUTH_TOKEN_FILE, file);
        String text = new String(content, StandardCharsets.ISO_8859_1).strip();
        if (!FORM.matcher(text).matches()) {
            throw unfit(file);
        }
        return new AuthToken(text);
    }

    private static ConfigException unfit(Path file) {
        return new ConfigException(
                "auth_token_file=%s does not hold one token of 16 to %d ASCII characters without spaces; make one with: openssl rand -hex 32"
                        .formatted(file, MAX_LENGTH));
    }

    /** Whether {@code given} is the token; how long that takes does not depend on what differs. */
    public boolean matches(String given) {
        return MessageDigest.isEqual(bytes(text), bytes(given));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The token, for a client to send. */
    public String secret() {
        return text;
    }

    @Override
    public String toString() {
        return "***";
    }
}
