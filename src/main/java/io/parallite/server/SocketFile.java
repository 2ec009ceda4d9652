package io.parallite.server;

import io.parallite.config.ListenAddress;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The file of a listening domain socket.
 *
 * <p>The socket is bound in a directory that only its owner can enter, its permissions are set
 * there, and only then it is linked to its public name: at no moment can another user connect, and
 * linking fails when a second daemon was faster.
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

    private final Path path;
    private final @Nullable Path nursery;
    private @Nullable Identity identity;

    private record Identity(@Nullable Object fileKey, FileTime modified) {}

    private SocketFile(Path path, @Nullable Path nursery) {
        this.path = path;
        this.nursery = nursery;
    }

    /**
     * Makes sure that a socket can be put at {@code path}: a stale one is removed.
     *
     * @throws ListenException when a daemon answers there, something else than a socket lies there,
     *     or the directory is not writable
     */
    static SocketFile claim(Path path) {
        try {
            removeStale(path);
            Path parent = path.toAbsolutePath().getParent();
            return new SocketFile(path, nursery(parent == null ? Path.of("/") : parent));
        } catch (IOException e) {
            throw new ListenException(
                    "cannot create socket %s: %s; give --socket a path in a directory that this user may write to"
                            .formatted(path, reason(e)));
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
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
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
        LOG.infof("a stale socket is replaced socket=%s", path);
        Files.delete(path);
    }

    private static boolean isAnswered(Path path) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            return false;
        }
    }

    /** Where to bind. */
    Path bindPath() {
        return nursery == null ? path : nursery.resolve("s");
    }

    /**
     * Gives the bound socket its permissions (owner only) and its public name.
     *
     * @throws ListenException when another daemon has taken the name meanwhile
     */
    void publish() {
        try {
            if (POSIX) {
                Files.setPosixFilePermissions(
                        bindPath(), PosixFilePermissions.fromString("rw-------"));
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

    private void link() throws IOException {
        if (nursery == null) {
            return;
        }
        try {
            Files.createLink(path, bindPath());
        } catch (UnsupportedOperationException e) {
            Files.move(bindPath(), path);
        }
    }

    private void discardNursery() {
        if (nursery == null) {
            return;
        }
        try {
            Files.deleteIfExists(bindPath());
            Files.deleteIfExists(nursery);
        } catch (IOException e) {
            LOG.debugf("cannot remove %s: %s", nursery, e.getMessage());
        }
    }

    /** Whether the public name still is this socket's: clients find it. */
    boolean isInPlace() {
        try {
            return identity != null && identity.equals(identityOf(path));
        } catch (IOException e) {
            return false;
        }
    }

    /** Removes the public name, if it still is this socket's. */
    void remove() {
        discardNursery();
        try {
            if (isInPlace()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            LOG.debugf("cannot remove %s: %s", path, e.getMessage());
        }
    }

    /** File systems give a deleted file's key to the next one: only with its time it is unique. */
    private static Identity identityOf(Path path) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new Identity(attributes.fileKey(), attributes.lastModifiedTime());
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}
