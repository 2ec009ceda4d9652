package io.parallite.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The secrets one of which clients show before a daemon on TCP reads anything else of theirs: one
 * token that all share, or one for each named client.
 */
public final class AuthTokens {

    /** The longest token in characters. */
    public static final int MAX_LENGTH = 256;

    /** The name of a token that is alone in its file. */
    static final String SHARED = "shared";

    private static final int LONGEST_FILE = 256 * 1024;

    private static final String TOKEN = "[\\x21-\\x7e]{16," + MAX_LENGTH + "}";
    private static final Pattern ALONE = Pattern.compile(TOKEN);
    private static final Pattern NAMED =
            Pattern.compile("([A-Za-z0-9_.-]{1,64})[ \\t]+(" + TOKEN + ")");

    private final Map<String, String> byName;

    private AuthTokens(Map<String, String> byName) {
        this.byName = byName;
    }

    /**
     * Reads a file that holds one token and white space around it, or lines {@code NAME TOKEN}.
     *
     * @throws ConfigException when the file cannot be read or holds something else
     */
    public static AuthTokens read(Path file) {
        byte[] content = SecretFile.read(Setting.AUTH_TOKEN_FILE, file, LONGEST_FILE);
        String text = new String(content, StandardCharsets.ISO_8859_1).strip();
        if (ALONE.matcher(text).matches()) {
            return new AuthTokens(Map.of(SHARED, text));
        }
        Map<String, String> byName = new LinkedHashMap<>();
        for (String line : text.lines().map(String::strip).toList()) {
            Matcher named = NAMED.matcher(line);
            if (!line.isEmpty()
                    && (!named.matches() || byName.put(named.group(1), named.group(2)) != null)) {
                throw unfit(file);
            }
        }
        if (byName.isEmpty() || byName.values().stream().distinct().count() < byName.size()) {
            throw unfit(file);
        }
        return new AuthTokens(byName);
    }

    private static ConfigException unfit(Path file) {
        return new ConfigException(
                "auth_token_file=%s does not hold one token of 16 to %d ASCII characters without spaces, or lines of a name, a space and such a token, none of them twice; make one with: openssl rand -hex 32"
                        .formatted(file, MAX_LENGTH));
    }

    /**
     * The name of the token that {@code given} is, if it is one; how long that takes does not
     * depend on what differs.
     */
    public Optional<String> nameOf(String given) {
        byte[] shown = bytes(given);
        Optional<String> found = Optional.empty();
        for (Map.Entry<String, String> token : byName.entrySet()) {
            if (MessageDigest.isEqual(bytes(token.getValue()), shown)) {
                found = Optional.of(token.getKey());
            }
        }
        return found;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A token for a client to send: the first of several. */
    public String secret() {
        return List.copyOf(byName.values()).getFirst();
    }

    @Override
    public String toString() {
        return "***";
    }
}
