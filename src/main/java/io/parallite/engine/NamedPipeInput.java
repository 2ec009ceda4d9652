package io.parallite.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The reading end of a named pipe (fifo(7)), opened before there is a writer; ends when all writers
 * have closed it.
 *
 * <p>The JDK would wait in open(2) until there is a writer: see {@link LibC}. One thread reads; any
 * may call {@link #abandon}.
 */
public final class NamedPipeInput {

    private static final int OWNER_ONLY = 0600;

    private final Path path;
    private final int descriptor;
    private volatile boolean isAbandoned;

    private NamedPipeInput(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /**
     * Makes one at {@code path}.
     *
     * @throws IOException when that is not possible
     */
    public static NamedPipeInput make(Path path) throws IOException {
        int failed = LibC.mkfifo(path.toString(), OWNER_ONLY);
        int opened =
                failed == 0 ? LibC.open(path.toString(), LibC.O_NONBLOCK | LibC.O_CLOEXEC) : failed;
        if (opened < 0) {
            throw new IOException(
                    "no named pipe can be made at %s: errno %d".formatted(path, -opened));
        }
        return new NamedPipeInput(path, opened);
    }

    /** Its path, until {@link #unlink}. */
    public Path path() {
        return path;
    }

    /** Removes the name; open ends remain usable. */
    public void unlink() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // the run-time directory is removed with all that is in it
        }
    }

    /** Nobody will begin to write. */
    public void abandon() {
        isAbandoned = true;
    }

    public boolean isAbandoned() {
        return isAbandoned;
    }

    /** What is polled and read; it does not block. */
    public int descriptor() {
        return descriptor;
    }

    public void close() {
        int _ = LibC.close(descriptor);
        unlink();
    }
}
