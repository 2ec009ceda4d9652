package io.parallite.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program of the machine's, run to its end. */
public final class Tool {

    private static final Path PROJECT = Path.of("").toAbsolutePath();

    private final ProcessBuilder builder;

    private Tool(List<String> command) {
        builder = new ProcessBuilder(command).redirectErrorStream(true);
        // dpkg wants the administrator's directories, which not every root has on the PATH
        builder.environment()
                .merge("PATH", "/usr/local/sbin:/usr/sbin:/sbin", (own, more) -> own + ":" + more);
    }

    /**
     * How it ended.
     *
     * @param output both streams
     */
    public record Ended(int exitCode, String output) {

        /** The output of a program that must have succeeded. */
        public String ok() {
            assertThat(exitCode).as(() -> "exit code; the output:\n" + output).isZero();
            return output;
        }
    }

    /** Whether a program of this name is on the {@code PATH}. */
    public static boolean isInstalled(String name) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
    }

    /** A file of the project's. */
    public static Path project(String path) {
        return PROJECT.resolve(path);
    }

    public static Tool tool(Object... command) {
        return new Tool(Stream.of(command).map(Object::toString).toList());
    }

    public Tool in(Path directory) {
        builder.directory(directory.toFile());
        return this;
    }

    public Tool env(Map<String, String> more) {
        builder.environment().putAll(more);
        return this;
    }

    /** Runs it with nothing to read. */
    public Ended run() {
        return run("");
    }

    /** Runs it, for two minutes at most. */
    public Ended run(String input) {
        try {
            Path in = Files.createTempFile("tool", ".in");
            Path out = Files.createTempFile("tool", ".out");
            try {
                Files.writeString(in, input);
                Process process =
                        builder.redirectInput(in.toFile()).redirectOutput(out.toFile()).start();
                boolean ended = process.waitFor(2, TimeUnit.MINUTES);
                process.destroyForcibly();
                String output = Files.readString(out, StandardCharsets.UTF_8);
                assertThat(ended).as(() -> builder.command() + " ends; " + output).isTrue();
                return new Ended(process.exitValue(), output);
            } finally {
                for (Path file : List.of(in, out)) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
