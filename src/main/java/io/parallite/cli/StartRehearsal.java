package io.parallite.cli;

import io.parallite.config.ConfigException;
import io.parallite.config.LaunchSettings;
import io.parallite.config.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link StartCheck} with the daemon's jars and options: in a process of its own where the
 * jars of short commands are not enough.
 */
final class StartRehearsal {

    private static final String TOPIC = "start";

    private final LaunchSettings settings;
    private final List<String> words = new ArrayList<>();

    /**
     * A rehearsal of a start with the same options.
     *
     * @param settings valid ones
     */
    StartRehearsal(LaunchSettings settings, @Nullable Path config, @Nullable String socket) {
        this.settings = settings;
        if (config != null) {
            words.addAll(List.of("--config", config.toString()));
        }
        if (socket != null) {
            words.addAll(List.of("--socket", socket));
        }
    }

    /** Where the distribution is; the current directory for a run out of the sources. */
    static Path home() {
        return Path.of(System.getProperty("parallite.home", "")).toAbsolutePath();
    }

    /**
     * What a start would refuse.
     *
     * @param isServed whether a daemon has the addresses already
     */
    List<Finding> look(boolean isServed) {
        try {
            OpenFiles.check(settings.fixedWorkers());
            ProcessRoom.check(settings.fixedWorkers());
        } catch (ConfigException e) {
            return List.of(); // nor would the rehearsal run; SystemCheck tells of it
        }
        Path jar = home().resolve("lib/quarkus-run.jar");
        return Platform.isNative() || !Files.exists(jar)
                ? new StartCheck(settings, home()).look(isServed)
                : apart(jar, isServed);
    }

    private List<Finding> apart(Path jar, boolean isServed) {
        List<String> command = JavaCheck.daemonsJava(home());
        command.addAll(
                List.of("-Dparallite.home=" + home(), "-jar", jar.toString(), "rehearse-start"));
        command.addAll(words);
        if (isServed) {
            command.add("--served");
        }
        Shell.Outcome outcome = Shell.run(command, Map.of());
        if (outcome.exitCode() != 0) {
            return List.of(
                    Finding.fail(
                            TOPIC,
                            "the daemon's Java does not run: " + outcome.lastLine(),
                            "run `parallite` to see more"));
        }
        return outcome.output().lines().flatMap(line -> finding(line).stream()).toList();
    }

    /** The lines also have the log of the rehearsal. */
    private static Optional<Finding> finding(String line) {
        if (!line.startsWith("{")) {
            return Optional.empty();
        }
        try {
            Node node = Json.read(line.getBytes(StandardCharsets.UTF_8));
            return Optional.of(Finding.of(node));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
