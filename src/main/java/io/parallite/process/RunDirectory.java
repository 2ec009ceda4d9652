package io.parallite.process;

import java.io.IOException;
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
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A directory of this daemon's own, readable by its user only, for the workers' socket, their
 * captured output and their compiled code; or for values that tasks share.
 *
 * <p>It is the daemon's as long as the daemon holds the {@link LockFile} in it: so a directory that
 * a killed daemon has left behind is told from that of a living one, also in another container.
 * Removed on {@link #close}; the next daemon removes what a killed one has left. What does not
 * belong to this user is left alone.
 */
public final class RunDirectory implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RunDirectory.class);

    /** How often to try to delete a directory in which something still happens. */
    private static final int ROUNDS = 20;

    private static final Duration PAUSE = Duration.ofMillis(10);

    private final Path base;
    private final String prefix;
    private volatile Path path;
    private volatile LockFile lock;

    private RunDirectory(Path base, String prefix) throws IOException {
        this.base = base;
        this.prefix = prefix;
        this.path = make(base, prefix);
        this.lock = lock(path);
    }

    /** Makes one under {@code XDG_RUNTIME_DIR}, else under the directory for temporary files. */
    public static RunDirectory create() throws IOException {
        return in(base());
    }

    /** As {@link #create}, but leaves those of killed daemons where they are. */
    static RunDirectory createBesideOthers() throws IOException {
        return new RunDirectory(base(), RunDirectories.PREFIX);
    }

    /** Makes one for values that tasks share: in memory, where the system has a place for that. */
    public static RunDirectory forSharedValues() throws IOException {
        return in(RunDirectories.baseInMemory(), RunDirectories.PREFIX_OF_SHARED);
    }

    static RunDirectory in(Path base) throws IOException {
        return in(base, RunDirectories.PREFIX);
    }

    private static RunDirectory in(Path base, String prefix) throws IOException {
        for (Path left : RunDirectories.stale(base, prefix)) {
            removeStale(left);
        }
        return new RunDirectory(base, prefix);
    }

    private static Path make(Path base, String prefix) throws IOException {
        return Files.createTempDirectory(base, prefix, ownerOnly());
    }

    private static LockFile lock(Path directory) throws IOException {
        LockFile lock = LockFile.tryAcquire(directory.resolve(RunDirectories.LOCK));
        if (lock == null) {
            throw new IOException("another process has locked " + directory);
        }
        return lock;
    }

    /** Its path, until it is made anew. */
    public Path path() {
        return path;
    }

    /** Makes another one in place of one that somebody has removed. */
    void renew() throws IOException {
        LockFile former = lock;
        path = make(base, prefix);
        lock = lock(path);
        former.close();
    }

    @Override
    public void close() {
        delete(path, ROUNDS);
        try {
            lock.close();
        } catch (IOException e) {
            LOG.debugf("cannot drop the lock of %s: %s", path, e.getMessage());
        }
    }

    private static void removeStale(Path directory) {
        try (LockFile taken = LockFile.tryAcquire(directory.resolve(RunDirectories.LOCK))) {
            if (taken != null) {
                LOG.infof(
                        "a killed daemon has left a directory, which is removed path=%s",
                        directory);
                delete(directory, 1);
            }
        } catch (IOException e) {
            LOG.debugf("cannot remove %s: %s", directory, e);
        }
    }

    private static Path base() {
        return RunDirectories.base();
    }

    /** {@code command} with the options by which PHP keeps compiled code here. */
    WorkerCommand withCompiledCode(WorkerCommand command) {
        return OpcodeCache.of(command, path()).addTo(command);
    }

    /** Removes the compiled code of other releases than that of {@code command}, elsewhere. */
    void keepCompiledCodeOf(WorkerCommand command) {
        OpcodeCache.of(command, path()).removeOthersElsewhere();
    }

    private static FileAttribute<?>[] ownerOnly() {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            return new FileAttribute<?>[0];
        }
        Set<PosixFilePermission> owner = PosixFilePermissions.fromString("rwx------");
        return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(owner)};
    }

    /**
     * Deletes a directory from which others may still be deleting too, or writing to: Netty removes
     * the workers' socket when it has closed it, PHP stores compiled code until it ends.
     */
    private static void delete(Path directory, int rounds) {
        for (int round = 1; round <= rounds; round++) {
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
