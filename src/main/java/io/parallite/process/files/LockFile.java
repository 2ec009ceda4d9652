package io.parallite.process.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A file whose lock shows that its owner lives: the kernel drops it with the process, however that
 * ends, and holds it for one that is stopped. It means the same to all containers that share the
 * directory.
 *
 * <p>A file in a shared directory is never followed when it is a link, nor used when it belongs to
 * another user. Within one process a path may be locked once, and a file that this process has
 * locked is not opened again: closing that would drop the lock (fcntl(2)). Any thread.
 */
public final class LockFile implements AutoCloseable {

    private static final Set<OpenOption> OPTIONS =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    /** Those that this process holds. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private static final int ATTEMPTS = 20;
    private static final int LONGEST = 60_000;

    private final Path path;
    private final FileChannel channel;

    private LockFile(Path path, FileChannel channel) {
        this.path = path.toAbsolutePath();
        this.channel = channel;
    }

    /**
     * Makes the file, if it is not there, and locks it.
     *
     * @return {@code null} when this or another process holds it
     * @throws IOException when it cannot be made, or is not this user's
     */
    public static @Nullable LockFile tryAcquire(Path path) throws IOException {
        if (!HELD.add(path.toAbsolutePath())) {
            return null;
        }
        LockFile acquired = null;
        try {
            acquired = acquire(path);
            return acquired;
        } finally {
            if (acquired == null) {
                HELD.remove(path.toAbsolutePath());
            }
        }
    }

    private static @Nullable LockFile acquire(Path path) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            requireOurs(path);
            FileChannel channel = FileChannel.open(path, OPTIONS, ownerOnly());
            try {
                FileLock lock = channel.tryLock();
                if (lock == null) {
                    channel.close();
                    return null;
                }
                if (isAt(path, channel)) {
                    return new LockFile(path, channel);
                }
                channel.close(); // its owner has removed it meanwhile
            } catch (OverlappingFileLockException e) {
                channel.close();
                return null;
            }
        }
        throw new IOException("the lock " + path + " is made and removed again and again");
    }

    /** Whether a process holds the lock; {@code false} when there is no such file. */
    public static boolean isHeld(Path path) throws IOException {
        if (HELD.contains(path.toAbsolutePath())) {
            return true;
        }
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        requireOurs(path);
        try (FileChannel channel =
                        FileChannel.open(
                                path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                FileLock lock = channel.tryLock()) {
            return lock == null;
        } catch (OverlappingFileLockException e) {
            return true;
        }
    }

    private static void requireOurs(Path path) throws IOException {
        try {
            boolean isFile = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                    && !(isFile && FileOwner.isOurs(path))) {
                throw new IOException(path + " is not a file of this user");
            }
        } catch (NoSuchFileException e) {
            return; // removed meanwhile
        }
    }

    private static FileAttribute<?>[] ownerOnly() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    /**
     * Whether the locked file still has its name. This is found out by giving it a random size:
     * opening it once more to compare would drop the lock.
     */
    private static boolean isAt(Path path, FileChannel channel) throws IOException {
        int size = ThreadLocalRandom.current().nextInt(1, LONGEST);
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(new byte[] {'\n'}), size - 1L);
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                            .size()
                    == size;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Removes the file, then drops the lock; once: the next file there is another's. */
    @Override
    public synchronized void close() throws IOException {
        if (channel.isOpen()) {
            try (channel) {
                Files.deleteIfExists(path);
            } finally {
                HELD.remove(path);
            }
        }
    }
}
