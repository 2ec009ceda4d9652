package io.parallite.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the tasks carry: one of these options, or a closure that does nothing. */
final class PayloadOptions {

    @Option(
            names = "--php",
            paramLabel = "CODE",
            description = "A PHP closure's source (fn () => 42).")
    private @Nullable String php;

    @Option(
            names = "--payload",
            paramLabel = "TEXT",
            description = "The payload itself, e.g. a callable's name: pi.")
    private @Nullable String text;

    @Option(
            names = "--payload-file",
            paramLabel = "FILE",
            description = "The payload from a file, without its last line feed.")
    private @Nullable Path file;

    @Option(
            names = "--payload-bytes",
            paramLabel = "N",
            description = "N times 'x', for a worker that only answers.")
    private @Nullable Integer size;

    /**
     * The payload's bytes.
     *
     * @throws IllegalArgumentException if the file cannot be read or the size is none
     */
    byte[] bytes() {
        if (text != null) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (file != null) {
            return contents(file);
        }
        if (size != null) {
            return letters(size);
        }
        String closure = php == null ? "fn () => 42" : php;
        return PhpClosure.serialize(closure).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] letters(int count) {
        if (count < 1 || count > BenchPlan.MAX_PAYLOAD) {
            throw new IllegalArgumentException(
                    "--payload-bytes " + count + ": it must be in 1.." + BenchPlan.MAX_PAYLOAD);
        }
        byte[] letters = new byte[count];
        Arrays.fill(letters, (byte) 'x');
        return letters;
    }

    private static byte[] contents(Path file) {
        try {
            if (Files.size(file) > BenchPlan.MAX_PAYLOAD) {
                throw new IllegalArgumentException(
                        "--payload-file %s of %d bytes exceeds %d bytes"
                                .formatted(file, Files.size(file), BenchPlan.MAX_PAYLOAD));
            }
            byte[] bytes = Files.readAllBytes(file);
            boolean lineFeed = bytes.length > 0 && bytes[bytes.length - 1] == '\n';
            return lineFeed ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "cannot read --payload-file "
                            + file
                            + " ("
                            + e.getClass().getSimpleName()
                            + ")",
                    e);
        }
    }
}
