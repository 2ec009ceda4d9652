package io.parallite.cli;

import io.parallite.config.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Runs other programs and reads their output. */
final class Shell {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

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

    /** Runs a program with an empty standard input, for a minute at most. */
    static Outcome run(List<String> command, Map<String, String> environment) {
        return run(command, environment, PATIENCE);
    }

    static Outcome run(List<String> command, Map<String, String> environment, Duration patience) {
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectInput(ProcessBuilder.Redirect.from(Platform.nullDevice()));
            builder.environment().putAll(environment);
            Process process = builder.start();
            AtomicBoolean isLate = new AtomicBoolean();
            Thread guard =
                    Thread.ofVirtual().start(() -> isLate.set(!endInTime(process, patience)));
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exitCode = process.waitFor();
            guard.interrupt();
            guard.join();
            return isLate.get()
                    ? new Outcome(
                            -1,
                            "%s%nit was killed, as it had not ended within %d s"
                                    .formatted(output, patience.toSeconds()))
                    : new Outcome(exitCode, output);
        } catch (IOException e) {
            return new Outcome(-1, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(-1, "interrupted");
        }
    }

    /** Waits for the process; kills it with all that it has started when it takes too long. */
    private static boolean endInTime(Process process, Duration patience) {
        try {
            boolean hasEnded = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (!hasEnded) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
            return hasEnded;
        } catch (InterruptedException e) {
            return true; // it has
        }
    }
}
