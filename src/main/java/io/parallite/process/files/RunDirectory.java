package io.parallite.process.files;

import io.parallite.config.SystemUser;
import io.parallite.process.WorkerCommand;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A directory of this daemon's own, readable by its user only, for the workers' socket, their
 * captured output and their compiled code; or for values that tasks share.
 *
 * <p>It is the daemon's as long as the daemon holds the {@link LockFile} in it: so a directory that
 * a killed daemon has left is distinguished from that of a living one, also across containers.
 * Removed on {@link #close}; the next daemon removes the directories of killed ones. Files of other
 * users are not touched.
 */
public final class RunDirectory implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RunDirectory.class);

    /** How often to try to delete a directory in which something still happens. */
    private static final int ROUNDS = 20;

    private static final Duration PAUSE = Duration.ofMillis(10);

    private final Path base;
    private final String prefix;
    private final @Nullable SystemUser worker;
    private volatile Path path;
    private volatile LockFile lock;
    private final Map<String, String> records = new ConcurrentHashMap<>();

    private RunDirectory(Path base, String prefix, @Nullable SystemUser worker) throws IOException {
        this.base = base;
        this.prefix = prefix;
        this.worker = worker;
        this.path = make();
        this.lock = lock(path);
    }

    /** Makes one under {@code XDG_RUNTIME_DIR}, else under the directory for temporary files. */
    public static RunDirectory create() throws IOException {
        return create(null);
    }

    /** The same for workers that run as {@code worker}, when that is another user. */
    public static RunDirectory create(@Nullable SystemUser worker) throws IOException {
        return in(base(), RunDirectories.PREFIX, worker);
    }

    /** As {@link #create}, but leaves those of killed daemons where they are. */
    public static RunDirectory createBesideOthers() throws IOException {
        return new RunDirectory(base(), RunDirectories.PREFIX, null);
    }

    /** Makes one for values that tasks share: in memory, where the system has a place for that. */
    public static RunDirectory forSharedValues(@Nullable SystemUser worker) throws IOException {
        return in(RunDirectories.baseInMemory(), RunDirectories.PREFIX_OF_SHARED, worker);
    }

    /** Makes one in a directory. */
    public static RunDirectory in(Path base) throws IOException {
        return in(base, RunDirectories.PREFIX, null);
    }

    private static RunDirectory in(Path base, String prefix, @Nullable SystemUser worker)
            throws IOException {
        for (Path left : RunDirectories.stale(base, prefix)) {
            removeStale(left);
        }
        return new RunDirectory(base, prefix, worker);
    }

    /**
     * Others may pass through it where workers are others: they neither see nor put files there.
     */
    private Path make() throws IOException {
        Path made = Files.createTempDirectory(base, prefix, ownerOnly());
        if (worker != null) {
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwx--x--x"));
        }
        return made;
    }

    /**
     * Has a file in this directory belong to the user that workers run as; nothing when that is
     * this one.
     */
    public void give(Path file) throws IOException {
        if (worker != null) {
            Files.setAttribute(file, "unix:uid", worker.uid(), LinkOption.NOFOLLOW_LINKS);
        }
    }

    /**
     * Makes the file that a worker's standard output goes to, where the worker may not make it
     * itself.
     */
    public void makeOutput(@Nullable Path file) {
        if (worker == null) {
            return; // it makes it itself
        }
        try {
            give(Files.createFile(Objects.requireNonNull(file)));
        } catch (IOException e) {
            LOG.debugf("the standard output of a worker is not captured: %s", e);
        }
    }

    /** Puts a text into a file here, for the daemon that finds this directory after a kill. */
    void record(String file, String text) throws IOException {
        records.put(file, text);
        Files.writeString(path.resolve(file), text);
    }

    private static LockFile lock(Path directory) throws IOException {
        LockFile lock = LockFile.tryAcquire(directory.resolve(RunDirectories.LOCK));
        if (lock == null) {
            throw new IOException("another process has locked " + directory);
        }
        return lock;
    }

    /** Its path, until {@link #renew}. */
    public Path path() {
        return path;
    }

    /** Makes another one in place of one that was removed. */
    public void renew() throws IOException {
        LockFile former = lock;
        path = make();
        lock = lock(path);
        former.close();
        for (Map.Entry<String, String> one : records.entrySet()) {
            record(one.getKey(), one.getValue());
        }
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
                WorkerGroups.endLeftIn(directory);
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
    public WorkerCommand withCompiledCode(WorkerCommand command) {
        OpcodeCache cache = OpcodeCache.of(command, path());
        WorkerCommand with = cache.addTo(command);
        try {
            if (worker != null && Files.isDirectory(cache.directory())) {
                give(cache.directory());
            }
            return with;
        } catch (IOException e) {
            LOG.debugf("workers do without compiled code: %s", e);
            return command;
        }
    }

    /** Removes the compiled code of other releases than that of {@code command}, elsewhere. */
    public void keepCompiledCodeOf(WorkerCommand command) {
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
                TreeDeletion.delete(directory);
                return;
            } catch (IOException e) {
                LOG.debugf("cannot remove %s in round %d: %s", directory, round, e);
            }
        }
        LOG.warnf("%s could not be removed and is left behind", directory);
    }
}
