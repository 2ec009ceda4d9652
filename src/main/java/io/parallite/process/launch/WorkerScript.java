package io.parallite.process.launch;

import io.parallite.config.ConfigException;
import io.parallite.config.ParalliteConfig;
import io.parallite.process.files.FileOwner;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The PHP script that workers run, and how it is talked to.
 *
 * @param path absolute
 * @param connectsBack whether it speaks on a socket of its own, not on stdin and stdout
 * @param canFork whether workers may be forked from it once it has booted
 */
public record WorkerScript(Path path, boolean connectsBack, boolean canFork) {

    private static final Logger LOG = Logger.getLogger(WorkerScript.class);

    /** In the head of a script: it connects back. */
    private static final String MARKER = "@parallite-transport socket";

    /** The same: it forks when it is asked to. */
    private static final String FORK_MARKER = "@parallite-start fork";

    private static final int HEAD = 4096;

    /** What the parallite.json of the Go daemon's client names, whether or not it is there. */
    private static final String OF_GO_CLIENT = "src/Support/parallite-worker.php";

    /** Where a project may keep a worker script of its own, in the order of preference. */
    private static final List<String> PROJECT_DIRECTORIES =
            List.of(
                    "vendor/b7s/parallite-php",
                    "vendor/parallite/parallite-php/src/Support",
                    "src/Support",
                    "",
                    "php",
                    "../../src/Support",
                    "../..",
                    "../../php");

    /**
     * Finds the script: the configured one, else the project's, else the bundled one.
     *
     * @param directory the current directory
     * @param base where the configuration file is, where there is one
     * @param home the distribution's directory, where there is one
     * @throws ConfigException when there is none, naming where it was looked for
     */
    public static WorkerScript find(
            ParalliteConfig config, Path directory, Optional<Path> base, Optional<Path> home) {
        Path path =
                config.workerScript()
                        .flatMap(name -> configured(name, directory, base))
                        .orElseGet(() -> search(directory, home));
        boolean connectsBack =
                switch (config.workerTransport()) {
                    case "socket" -> true;
                    case "stdio" -> false;
                    default -> hasMarker(path, MARKER);
                };
        return new WorkerScript(path, connectsBack, connectsBack && hasMarker(path, FORK_MARKER));
    }

    private static Optional<Path> configured(String name, Path directory, Optional<Path> base) {
        List<Path> candidates = new ArrayList<>();
        candidates.add(directory.resolve(name));
        base.map(configured -> configured.resolve(name)).ifPresent(candidates::add);
        Optional<Path> script = first(candidates);
        if (script.isEmpty() && !name.equals(OF_GO_CLIENT)) {
            throw new ConfigException(
                    "worker_script=%s does not exist; looked for %s".formatted(name, candidates));
        }
        if (script.isEmpty()) {
            LOG.warnf(
                    "worker_script=%s does not exist and has no effect: the worker script is looked for as without it",
                    name);
        }
        return script;
    }

    private static Path search(Path directory, Optional<Path> home) {
        String name =
                "1".equals(System.getenv("USE_TEST_WORKER"))
                        ? "test_worker.php"
                        : "parallite-worker.php";
        List<Path> candidates = new ArrayList<>();
        for (String project : PROJECT_DIRECTORIES) {
            candidates.add(directory.resolve(project).resolve(name));
        }
        candidates.removeIf(candidate -> isPlanted(directory, candidate));
        home.ifPresent(h -> candidates.add(h.resolve("php").resolve(name)));
        return first(candidates)
                .orElseThrow(
                        () ->
                                new ConfigException(
                                        "no worker script found; set worker_script, or put it at one of %s"
                                                .formatted(candidates)));
    }

    /** Whether any user of the machine may have put it there, outside of the current directory. */
    private static boolean isPlanted(Path directory, Path candidate) {
        Path script = candidate.normalize();
        return !script.startsWith(directory.normalize())
                && (FileOwner.isOpenToAll(script)
                        || FileOwner.isOpenToAll(script.resolveSibling("")));
    }

    private static Optional<Path> first(List<Path> candidates) {
        return candidates.stream()
                .filter(Files::isRegularFile)
                .findFirst()
                .map(path -> path.toAbsolutePath().normalize());
    }

    private static boolean hasMarker(Path script, String marker) {
        try (InputStream in = Files.newInputStream(script)) {
            return new String(in.readNBytes(HEAD), StandardCharsets.UTF_8).contains(marker);
        } catch (IOException e) {
            throw new ConfigException(
                    "worker_script=%s cannot be read: %s".formatted(script, e.getMessage()));
        }
    }
}
