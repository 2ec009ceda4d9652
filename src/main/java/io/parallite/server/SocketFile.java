package io.parallite.server;

import io.parallite.config.ListenAddress;
import io.parallite.config.SocketAccess;
import io.parallite.engine.LibC;
import io.parallite.process.files.LockFile;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The file of a listening domain socket.
 *
 * <p>The socket is bound in a directory that only its owner can enter, its permissions are set
 * there, and only then it is linked to its public name: at no moment can another user connect, and
 * linking fails when a second daemon was faster. A path that leaves no room for that directory is
 * bound where it stays, under a umask.
 *
 * <p>Which daemon a path belongs to is decided by a {@link LockFile} beside it ({@code
 * .NAME.lock}), which the kernel drops with its owner: one that is stopped or slow keeps it. The
 * file is the daemon's own as long as device and inode are those it was made with; its times do not
 * matter. The kernel does not give the inode away while the socket is open.
 */
final class SocketFile {

    private static final Logger LOG = Logger.getLogger(SocketFile.class);
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    /** S_IFMT and S_IFSOCK of inode(7). */
    private static final int FILE_TYPE = 0170000;

    private static final int SOCKET_TYPE = 0140000;

    /** Of {@code /.p4nr/s}. */
    private static final int LONGEST_NURSERY = 7;

    private static final int RADIX = 36;
    private static final int MAX_ATTEMPTS = 100;
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    /** For files of their owner only. */
    private static final int OWNERS_MASK = 077;

    private final Path path;
    private final SocketAccess access;
    private final LockFile lock;
    private @Nullable Path nursery;
    private @Nullable Integer formerMask;
    private volatile @Nullable Identity identity;

    /** The kind of file at the public name. */
    enum Place {
        OURS,
        NOTHING,
        ANOTHERS
    }

    private record Identity(@Nullable Object fileKey) {}

    private SocketFile(Path path, SocketAccess access, LockFile lock) {
        this.path = path;
        this.access = access;
        this.lock = lock;
    }

    /**
     * Makes sure that a socket can be put at {@code path}: a stale one is removed.
     *
     * @throws ListenException when another daemon has that path, something else than a socket is
     *     there, or the directory is not writable
     */
    static SocketFile claim(Path path, SocketAccess access) {
        SocketFile file = new SocketFile(path, access, lock(path));
        try {
            removeStale(path);
            file.prepare();
            return file;
        } catch (IOException e) {
            file.unlock();
            throw cannotCreate(path, e);
        } catch (ListenException e) {
            file.unlock();
            throw e;
        }
    }

    /**
     * Finds out whether {@link #claim} and {@link #publish} would fail now, and leaves no trace.
     *
     * @throws ListenException when they would
     */
    static void rehearse(Path path, SocketAccess access) {
        try {
            if (LockFile.isHeld(lockOf(path))) {
                throw isAnothers(path);
            }
            var _ = requireFree(path);
            Path parent = path.toAbsolutePath().getParent();
            Path nursery = nursery(parent == null ? Path.of("/") : parent);
            try {
                if (POSIX && nursery != null && access.group().isPresent()) {
                    giveTo(nursery, access.group().get());
                }
            } finally {
                if (nursery != null) {
                    Files.delete(nursery);
                }
            }
        } catch (IOException e) {
            throw cannotCreate(path, e);
        }
    }

    private static Path lockOf(Path path) {
        return path.resolveSibling("." + path.getFileName() + ".lock");
    }

    private static ListenException isAnothers(Path path) {
        return new ListenException(
                "another daemon is listening on %s, or about to; stop it or give another --socket"
                        .formatted(path));
    }

    private static LockFile lock(Path path) {
        try {
            LockFile lock = LockFile.tryAcquire(lockOf(path));
            if (lock == null) {
                throw isAnothers(path);
            }
            return lock;
        } catch (IOException e) {
            throw cannotCreate(path, e);
        }
    }

    private static ListenException cannotCreate(Path path, IOException why) {
        return new ListenException(
                "cannot create socket %s: %s; give --socket a path in a directory that this user may write to"
                        .formatted(path, reason(why)));
    }

    /**
     * Makes ready for a socket to be bound at {@link #bindPath}, which {@link #publish} follows.
     * Again after the public name was removed.
     */
    void prepare() throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        nursery = nursery(parent == null ? Path.of("/") : parent);
        if (nursery == null && POSIX) {
            formerMask = LibC.umask(OWNERS_MASK);
        }
    }

    /** A directory with a short name, since the path of a socket may not be long. */
    private static @Nullable Path nursery(Path parent) throws IOException {
        if (parent.toString().getBytes(StandardCharsets.UTF_8).length + LONGEST_NURSERY
                > ListenAddress.MAX_PATH_BYTES) {
            return null; // no room: the socket is bound where it stays
        }
        for (int attempt = 0; ; attempt++) {
            int number = ThreadLocalRandom.current().nextInt(RADIX * RADIX * RADIX);
            Path nursery = parent.resolve(".p" + Integer.toString(number, RADIX));
            try {
                return POSIX
                        ? Files.createDirectory(nursery, OWNER_ONLY)
                        : Files.createDirectory(nursery);
            } catch (FileAlreadyExistsException e) {
                if (attempt == MAX_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static boolean isSocket(Path path) throws IOException {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("unix")) {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isOther();
        }
        int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        return (mode & FILE_TYPE) == SOCKET_TYPE;
    }

    private static void removeStale(Path path) throws IOException {
        if (requireFree(path)) {
            LOG.infof("a stale socket is replaced socket=%s", path);
            Files.delete(path);
        }
    }

    /**
     * Whether a stale socket is there.
     *
     * @throws ListenException when something else is
     */
    private static boolean requireFree(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!isSocket(path)) {
            throw new ListenException(
                    "%s exists and is not a socket; remove it or give another --socket"
                            .formatted(path));
        }
        if (isAnswered(path)) {
            throw new ListenException(
                    "another daemon is listening on %s; stop it or give another --socket"
                            .formatted(path));
        }
        return true;
    }

    /**
     * Only a refused connection shows that no process listens; a full backlog shows that one does.
     */
    private static boolean isAnswered(Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException e) {
            return false;
        } catch (SocketException e) {
            if (Files.isWritable(path)) {
                return true; // its backlog is full, or it is of another type
            }
            throw new ListenException(
                    "%s is the socket of another user (%s); give another --socket"
                            .formatted(path, e.getMessage()));
        }
    }

    /** Where to bind. */
    Path bindPath() {
        Path privately = nursery;
        return privately == null ? path : privately.resolve("s");
    }

    /**
     * Gives the bound socket its group, its permissions and its public name.
     *
     * @throws ListenException when another daemon has taken the name meanwhile, or there is no such
     *     group, or none that this user may give files to
     */
    void publish() {
        try {
            if (POSIX) {
                permit();
            }
            link();
            identity = identityOf(path);
        } catch (FileAlreadyExistsException e) {
            throw new ListenException(
                    "another daemon has just taken %s; stop it or give another --socket"
                            .formatted(path));
        } catch (IOException e) {
            throw new ListenException("cannot create socket %s: %s".formatted(path, reason(e)));
        } finally {
            discardNursery();
        }
    }

    private void permit() throws IOException {
        if (access.group().isPresent()) {
            giveTo(bindPath(), access.group().get());
        }
        Files.setAttribute(bindPath(), "unix:mode", access.permissions());
    }

    private static void giveTo(Path file, String name) throws IOException {
        try {
            GroupPrincipal group =
                    file.getFileSystem()
                            .getUserPrincipalLookupService()
                            .lookupPrincipalByGroupName(name);
            Files.setAttribute(file, "posix:group", group);
        } catch (UserPrincipalNotFoundException e) {
            throw new ListenException(
                    "socket_group: there is no group %s; name one that is, or give its number"
                            .formatted(name));
        } catch (IOException e) {
            throw new ListenException(
                    "socket_group: the socket cannot be given to group %s (%s); make the daemon's user a member of it"
                            .formatted(name, reason(e)));
        }
    }

    /** The socket could not be bound. */
    void abandon() {
        discardNursery();
        unlock();
    }

    private void link() throws IOException {
        if (bindPath().equals(path)) {
            return;
        }
        try {
            Files.createLink(path, bindPath());
        } catch (UnsupportedOperationException e) {
            Files.move(bindPath(), path);
        }
    }

    private void discardNursery() {
        Integer mask = formerMask;
        if (mask != null) {
            formerMask = null;
            int _ = LibC.umask(mask);
        }
        Path privately = nursery;
        if (privately == null) {
            return;
        }
        try {
            Files.deleteIfExists(bindPath());
            Files.deleteIfExists(privately);
            nursery = null;
        } catch (IOException e) {
            LOG.debugf("cannot remove %s: %s", privately, e.getMessage());
        }
    }

    /** Whether the public name still is this socket's: clients find it. Any thread. */
    boolean isInPlace() {
        return place() == Place.OURS;
    }

    /** What is at the public name now. Any thread. */
    Place place() {
        try {
            return identityOf(path).equals(identity) ? Place.OURS : Place.ANOTHERS;
        } catch (NoSuchFileException e) {
            return Place.NOTHING;
        } catch (IOException e) {
            return Place.ANOTHERS;
        }
    }

    /** Removes the public name, if it still is this socket's. Any thread. */
    void remove() {
        discardNursery();
        try {
            if (isInPlace()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            LOG.debugf("cannot remove %s: %s", path, e.getMessage());
        }
        unlock();
    }

    private void unlock() {
        try {
            lock.close();
        } catch (IOException e) {
            LOG.debugf("cannot drop the lock of %s: %s", path, e.getMessage());
        }
    }

    private static Identity identityOf(Path path) throws IOException {
        return new Identity(
                Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .fileKey());
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
