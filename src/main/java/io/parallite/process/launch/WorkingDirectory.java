package io.parallite.process.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The directory in which workers run: the one that is configured, else the one that the daemon was
 * started in, under the name by which it was entered.
 *
 * <p>A process knows where it is, not how it came there: after {@code cd /srv/shop/current} it is
 * in {@code /srv/shop/releases/41} for good. A shell sets {@code PWD} to the path that was entered;
 * when that leads to the process's directory at its start, it is resolved again at every reload.
 *
 * @param entered the path, which may contain symbolic links
 * @param atStart its target when the daemon started
 */
record WorkingDirectory(Path entered, Path atStart) {

    /** The one that is configured. */
    static WorkingDirectory configured(String absolute) {
        Path way = Path.of(absolute).normalize();
        return new WorkingDirectory(way, real(way));
    }

    /**
     * The one that the daemon was started in.
     *
     * @param pwd the environment's {@code PWD}, where it has one
     * @param directory where the process is
     */
    static WorkingDirectory of(String pwd, Path directory) {
        Path way = Path.of(pwd);
        try {
            if (way.isAbsolute() && Files.isSameFile(way, directory)) {
                return new WorkingDirectory(way.normalize(), directory);
            }
        } catch (IOException e) {
            // PWD is a leftover of another process: where we are is all there is to know
        }
        return new WorkingDirectory(directory, directory);
    }

    /** Where the way leads now. */
    Path now() {
        return real(entered);
    }

    /** The same file on the way that was entered, so that it follows the links of that. */
    Path follow(Path file) {
        return file.startsWith(atStart) ? entered.resolve(atStart.relativize(file)) : file;
    }

    /** {@code file} without symbolic links; as it is when it does not exist. */
    static Path real(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            return file.toAbsolutePath().normalize();
        }
    }
}
