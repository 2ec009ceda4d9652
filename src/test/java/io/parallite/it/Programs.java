package io.parallite.it;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Programs that tests use if the machine has them. */
final class Programs {

    private Programs() {}

    /** Where this program is on the {@code PATH}; {@code null} when it is not. */
    static @Nullable Path find(String name) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }
}
