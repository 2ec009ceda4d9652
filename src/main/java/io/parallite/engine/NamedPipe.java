package io.parallite.engine;

import io.parallite.config.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A named pipe of Linux (fifo(7)) with both ends open here, so that packets that no other process
 * has read can be taken back. Never blocks.
 *
 * <p>The JDK can neither make one nor read from it without waiting: see {@link LibC}. Owned by the
 * engine's thread.
 */
public final class NamedPipe implements AutoCloseable {

    /** What the kernel writes, and then reads, in one piece ({@code PIPE_BUF}). */
    public static final int ATOMIC_BYTES = 4096;

    private static final Logger LOG = Logger.getLogger(NamedPipe.class);
    private static final int OWNER_ONLY = 0600;

    private final Path path;
    private final int descriptor;
    private final byte[] room = new byte[ATOMIC_BYTES];
    private boolean closed;

    private NamedPipe(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /** Makes one at {@code path}; {@code null} where that is not possible. */
    public static @Nullable NamedPipe make(Path path) {
        if (!Platform.isLinux() || LibC.O_DIRECT == 0) {
            return null;
        }
        String name = path.toString();
        int flags = LibC.O_RDWR | LibC.O_NONBLOCK | LibC.O_CLOEXEC;
        int descriptor = LibC.mkfifo(name, OWNER_ONLY) == 0 ? LibC.open(name, flags) : -1;
        if (descriptor < 0) {
            LOG.debugf("no named pipe can be made at %s", path);
            return null;
        }
        NamedPipe pipe = new NamedPipe(path, descriptor);
        int failed = LibC.setFlags(descriptor, LibC.O_NONBLOCK | LibC.O_DIRECT);
        if (failed == 0 && pipe.keepsPacketsApart()) {
            return pipe;
        }
        pipe.close();
        return null;
    }

    /** Kernels before Linux 4.5, and those that only look like Linux, may not. */
    private boolean keepsPacketsApart() {
        return put(new byte[] {1}) && put(new byte[] {2}) && drain().size() == 2;
    }

    /** Its path, until {@link #unlink}. */
    public Path path() {
        return path;
    }

    /** Puts {@code bytes} in as one packet; {@code false} when they do not fit. */
    public boolean put(byte[] bytes) {
        return !closed
                && bytes.length <= ATOMIC_BYTES
                && LibC.write(descriptor, bytes) == bytes.length;
    }

    /** Removes and returns all unread packets, in order. */
    public List<byte[]> drain() {
        List<byte[]> packets = new ArrayList<>();
        long length;
        while (!closed && (length = LibC.read(descriptor, room)) > 0) {
            packets.add(Arrays.copyOf(room, (int) length));
        }
        return packets;
    }

    /** Removes the name, so that no process can open the pipe by it; open ends remain usable. */
    public void unlink() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.debugf("cannot remove %s: %s", path, e.getMessage());
        }
    }

    /** Closes both ends and removes the file; then nothing fits in, and nothing comes out. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        int _ = LibC.close(descriptor);
        unlink();
    }
}
