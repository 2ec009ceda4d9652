package io.parallite.worker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * A directory of this daemon's own, readable by its user only, for the workers' socket, their
 * captured output and their compiled code. Removed on {@link #close}; one that a killed daemon has
 * left behind is removed by the next.
 */
public final class RunDirectory implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RunDirectory.class);
    private static final Pattern NAME = Pattern.compile("parallite-run-(\\d+)-.*");

    private final Path path;

    private RunDirectory(Path path) {
        this.path = path;
    }

    /** Makes one under {@code XDG_RUNTIME_DIR}, else under the directory for temporary files. */
    public static RunDirectory create() throws IOException {
        Path base = base();
        removeStale(base);
        String prefix = "parallite-run-" + ProcessHandle.current().pid() + "-";
        return new RunDirectory(Files.createTempDirectory(base, prefix, ownerOnly()));
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        delete(path);
    }

    private static Path base() {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime != null && !runtime.isEmpty() && Files.isWritable(Path.of(runtime))) {
            return Path.of(runtime);
        }
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static FileAttribute<?>[] ownerOnly() {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            return new FileAttribute<?>[0];
        }
        Set<PosixFilePermission> owner = PosixFilePermissions.fromString("rwx------");
        return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(owner)};
    }

    private static void removeStale(Path base) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(base, "parallite-run-*")) {
            for (Path entry : entries) {
                Matcher name = NAME.matcher(entry.getFileName().toString());
                if (name.matches() && isStale(entry, Long.parseLong(name.group(1)))) {
                    delete(entry);
                }
            }
        }
    }

    private static boolean isStale(Path entry, long pid) {
        return Files.isWritable(entry) && ProcessHandle.of(pid).isEmpty();
    }

    private static void delete(Path directory) {
        try (Stream<Path> below = Files.walk(directory)) {
            for (Path entry : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(entry);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.debugf("cannot remove %s: %s", directory, e.getMessage());
        }
    }
}
