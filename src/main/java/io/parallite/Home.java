package io.parallite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The directory of the distribution, {@code parallite.home}. The launcher names it; a native
 * executable has no launcher and finds it by where it lies itself.
 */
final class Home {

    private static final String PROPERTY = "parallite.home";

    private Home() {}

    /**
     * Sets the property of a native executable, unless it is set. Main thread, before it is read.
     */
    static void set() {
        if (System.getProperty(PROPERTY) == null) {
            ProcessHandle.current()
                    .info()
                    .command()
                    .flatMap(command -> above(Path.of(command)))
                    .ifPresent(home -> System.setProperty(PROPERTY, home.toString()));
        }
    }

    /** The distribution that holds {@code bin/parallite}, with links followed; if it is one. */
    static Optional<Path> above(Path executable) {
        try {
            return Optional.ofNullable(executable.toRealPath().getParent())
                    .map(Path::getParent)
                    .filter(home -> Files.isRegularFile(home.resolve("php/parallite-worker.php")));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
