package io.parallite.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The file with the secret that the nodes of a cluster share. */
public final class SecretFile {

    private static final int SHORTEST = 16;

    private SecretFile() {}

    /**
     * The secret, without the line end that editors add.
     *
     * @throws ConfigException when there is none, or one that is too short
     */
    public static byte[] read(Path file) {
        byte[] content;
        try {
            content = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ConfigException(
                    "cluster_secret_file=%s cannot be read (%s); write the same secret into it on all nodes, for example by `openssl rand -hex 32`"
                            .formatted(file, e.getClass().getSimpleName()));
        }
        int length = content.length;
        while (length > 0 && (content[length - 1] == '\n' || content[length - 1] == '\r')) {
            length--;
        }
        if (length < SHORTEST) {
            throw new ConfigException(
                    "cluster_secret_file=%s holds a secret of %d bytes, at least %d are needed; make one by `openssl rand -hex 32`"
                            .formatted(file, length, SHORTEST));
        }
        return Arrays.copyOf(content, length);
    }
}
