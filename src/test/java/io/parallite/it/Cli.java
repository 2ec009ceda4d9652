package io.parallite.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.Encoding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code parallite COMMAND} as a process of its own, without a terminal. */
final class Cli {

    private static final int PATIENCE_SECONDS = 60;

    private final Path directory;
    private final Map<String, String> environment;

    private Cli(Path directory, Map<String, String> environment) {
        this.directory = directory;
        this.environment = environment;
    }

    static Cli in(Path directory) {
        return new Cli(directory, Map.of());
    }

    Cli env(String name, Object value) {
        Map<String, String> more = new HashMap<>(environment);
        more.put(name, value.toString());
        return new Cli(directory, more);
    }

    /** How a command ended. */
    record Ended(int exitCode, String out, String err) {

        Ended assertExit(int expected) {
            assertThat(exitCode).as("exit code; out: %s; err: %s", out, err).isEqualTo(expected);
            return this;
        }

        Reply json() {
            byte[] body = out.strip().getBytes(StandardCharsets.UTF_8);
            return new Reply(Encoding.JSON.decodeAll(TestClient.concat(new byte[4], body)));
        }
    }

    Ended run(String... words) {
        return await(command(words));
    }

    /** Runs a line of the shell in which {@code parallite} is this distribution's. */
    Ended runInShell(String line) {
        Path bin = Distribution.launcher().getParent();
        return await(List.of("sh", "-c", "PATH=" + bin + ":$PATH; " + line));
    }

    /**
     * Runs a line of the shell on a terminal of its own, in which {@code parallite} is this
     * distribution's.
     */
    PseudoTerminal onTerminal(String line) {
        String path = "PATH=" + Distribution.launcher().getParent() + ":$PATH; export PATH; ";
        try {
            return new PseudoTerminal(builder(PseudoTerminal.command(path + line)).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Process start(String... words) {
        try {
            return builder(command(words)).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> command(String... words) {
        List<String> command = new ArrayList<>(Processes.withAllSignals());
        command.add(Distribution.launcher().toString());
        command.addAll(Arrays.asList(words));
        return command;
    }

    private Ended await(List<String> command) {
        try {
            Path out = Files.createTempFile("pl-cli-", ".out");
            Path err = Files.createTempFile("pl-cli-", ".err");
            Process process =
                    builder(command)
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile())
                            .start();
            process.getOutputStream().close();
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            Ended result =
                    new Ended(
                            ended ? process.exitValue() : -1,
                            Files.readString(out),
                            Files.readString(err));
            Files.delete(out);
            Files.delete(err);
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        Map<String, String> env = builder.environment();
        env.keySet().removeIf(name -> name.startsWith("PARALLITE_"));
        env.put("PARALLITE_JAVA", System.getProperty("java.home"));
        env.putAll(environment);
        return builder;
    }
}
