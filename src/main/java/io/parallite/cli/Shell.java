package io.parallite.cli;

import io.parallite.config.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Other programs, run to see what they say. */
final class Shell {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Shell() {}

    /**
     * How a program ended.
     *
     * @param exitCode -1 when it could not be started or did not end in time
     * @param output what it printed, both streams
     */
    record Outcome(int exitCode, String output) {

        /** The last line that is not empty, for messages. */
        String lastLine() {
            return output.lines()
                    .filter(line -> !line.isBlank())
                    .reduce((first, second) -> second)
                    .orElse("it said nothing");
        }
    }

    /** Runs a program with an empty standard input. */
    static Outcome run(List<String> command, Map<String, String> environment) {
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectInput(ProcessBuilder.Redirect.from(Platform.nullDevice()));
            builder.environment().putAll(environment);
            Process process = builder.start();
            Thread guard = Thread.ofVirtual().start(() -> endInTime(process));
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exitCode = process.waitFor();
            guard.interrupt();
            return new Outcome(exitCode, output);
        } catch (IOException e) {
            return new Outcome(-1, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(-1, "interrupted");
        }
    }

    private static void endInTime(Process process) {
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
