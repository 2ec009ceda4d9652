package io.parallite.process;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A directory of this daemon's own, readable by its user only, for the workers' socket, their
 * captured output and their compiled code. Removed on {@link #close}; one that a killed daemon has
 * left behind is removed by the next.
 */
public final class RunDirectory implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RunDirectory.class);

    /** How often to try to delete a directory in which something still happens. */
    private static final int ROUNDS = 20;

    private static final Duration PAUSE = Duration.ofMillis(10);
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

    /**
     * Deletes a directory from which others may still be deleting too, or writing to: Netty removes
     * the workers' socket when it has closed it, PHP stores compiled code until it ends.
     */
    private static void delete(Path directory) {
        for (int round = 1; round <= ROUNDS; round++) {
            if (round > 1) {
                LockSupport.parkNanos(PAUSE.toNanos());
            }
            try {
                Files.walkFileTree(directory, new Deletion());
                return;
            } catch (IOException e) {
                LOG.debugf("cannot remove %s in round %d: %s", directory, round, e);
            }
        }
        LOG.warnf("%s could not be removed and is left behind", directory);
    }

    /** Deletes what it meets; what has gone meanwhile is as good as deleted. */
    private static final class Deletion extends SimpleFileVisitor<Path> {

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                throws IOException {
            if (failure != null && !(failure instanceof NoSuchFileException)) {
                throw failure;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
