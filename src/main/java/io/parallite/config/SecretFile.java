package io.parallite.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Files that hold a secret and nothing else. */
public final class SecretFile {

    private static final int SHORTEST = 16;
    private static final int LONGEST = 4096;

    private SecretFile() {}

    /**
     * The secret that the nodes of a cluster share, without a final line end, which editors add.
     *
     * @throws ConfigException when the file is missing, or the secret is too short
     */
    public static byte[] ofCluster(Path file) {
        byte[] secret = read(Setting.CLUSTER_SECRET_FILE, file);
        if (secret.length < SHORTEST) {
            throw new ConfigException(
                    "cluster_secret_file=%s holds a secret of %d bytes, at least %d are needed; make one by `openssl rand -hex 32`"
                            .formatted(file, secret.length, SHORTEST));
        }
        return secret;
    }

    /**
     * The content of the file that {@code setting} names, without final line ends.
     *
     * @throws ConfigException when it cannot be read, or is too long for a file with only a secret
     */
    static byte[] read(Setting setting, Path file) {
        return read(setting, file, LONGEST);
    }

    /** The same of a file that may hold {@code longest} bytes. */
    static byte[] read(Setting setting, Path file, int longest) {
        byte[] content;
        try {
            if (Files.size(file) > longest) {
                throw new ConfigException(
                        "%s=%s holds more than a secret: over %d bytes; make one by `openssl rand -hex 32`"
                                .formatted(setting.key(), file, longest));
            }
            content = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ConfigException(
                    "%s=%s cannot be read (%s); write a secret into it, for example by `openssl rand -hex 32`, and let the daemon's user read it"
                            .formatted(setting.key(), file, e.getClass().getSimpleName()));
        }
        int length = content.length;
        while (length > 0 && (content[length - 1] == '\n' || content[length - 1] == '\r')) {
            length--;
        }
        return Arrays.copyOf(content, length);
    }
}
