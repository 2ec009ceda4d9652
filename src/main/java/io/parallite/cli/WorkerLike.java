package io.parallite.cli;

import io.parallite.config.CompiledCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs PHP with the options that a worker of the daemon would get, and leaves nothing behind. */
final class WorkerLike {

    private WorkerLike() {}

    /**
     * Runs a command line of PHP.
     *
     * @param sharesCode whether the daemon would give such workers a cache of compiled code
     */
    static Shell.Outcome run(
            List<String> command, boolean sharesCode, Map<String, String> environment) {
        if (!sharesCode || CompiledCode.isConfigured(command)) {
            return Shell.run(command, environment);
        }
        try {
            Path cache = Files.createTempDirectory("parallite-doctor-");
            try {
                List<String> words = new ArrayList<>(List.of(command.getFirst()));
                words.addAll(CompiledCode.in(cache, command.subList(1, command.size())));
                return Shell.run(words, environment);
            } finally {
                delete(cache);
            }
        } catch (IOException e) {
            return Shell.run(command, environment);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
