package io.parallite.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.parallite.config.Platform;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A named pipe of Linux (fifo(7)) with both ends open here, so that what was put in and not been
 * read by somebody else can be taken out again. Never blocks.
 *
 * <p>The JDK can neither make one nor read from it without waiting, so the C library is called;
 * with the constants of Linux. Owned by the engine's thread.
 */
public final class NamedPipe implements AutoCloseable {

    /** What the kernel writes, and then reads, in one piece ({@code PIPE_BUF}). */
    public static final int ATOMIC_BYTES = 4096;

    private static final Logger LOG = Logger.getLogger(NamedPipe.class);
    private static final int O_RDWR = 2;
    private static final int O_NONBLOCK = 0x800;
    private static final int F_SETFL = 4;

    /** Keeps what is written at a time together as a packet, which is what a read then gives. */
    private static final int O_DIRECT =
            switch (System.getProperty("os.arch")) {
                case "amd64", "riscv64" -> 0x4000;
                case "aarch64" -> 0x10000;
                default -> 0;
            };

    private static final int O_CLOEXEC = 0x80000;
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
        if (!Platform.isLinux() || O_DIRECT == 0) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            int made = (int) LibC.MKFIFO.invokeExact(name, OWNER_ONLY);
            if (made != 0) {
                return null;
            }
            int descriptor = (int) LibC.OPEN.invokeExact(name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
            NamedPipe pipe = new NamedPipe(path, descriptor);
            int kept = (int) LibC.FCNTL.invokeExact(descriptor, F_SETFL, O_NONBLOCK | O_DIRECT);
            if (kept == 0 && pipe.keepsPacketsApart()) {
                return pipe;
            }
            pipe.close();
        } catch (Throwable e) {
            LOG.debugf("there are no named pipes here: %s", e);
        }
        return null;
    }

    /** Kernels before Linux 4.5, and those that only look like Linux, may not. */
    private boolean keepsPacketsApart() {
        return put(new byte[] {1}) && put(new byte[] {2}) && drain().size() == 2;
    }

    /** The calls by their form, all of which a native build must know of beforehand. */
    public static List<FunctionDescriptor> calls() {
        return List.of(LibC.PATH_CALL, LibC.TRANSFER_CALL, LibC.FLAGS_CALL, LibC.CLOSE_CALL);
    }

    /** Where it lies, until {@link #close}. */
    public Path path() {
        return path;
    }

    /** Puts {@code bytes} in as one packet; {@code false} when they do not fit. */
    public boolean put(byte[] bytes) {
        return !closed
                && bytes.length <= ATOMIC_BYTES
                && transfer(LibC.WRITE, MemorySegment.ofArray(bytes)) == bytes.length;
    }

    /** Takes out all packets that nobody has read, in their order. */
    public List<byte[]> drain() {
        List<byte[]> packets = new ArrayList<>();
        long length;
        while (!closed && (length = transfer(LibC.READ, MemorySegment.ofArray(room))) > 0) {
            packets.add(Arrays.copyOf(room, (int) length));
        }
        return packets;
    }

    private long transfer(MethodHandle call, MemorySegment bytes) {
        try {
            return (long) call.invokeExact(descriptor, bytes, bytes.byteSize());
        } catch (Throwable e) {
            throw new IllegalStateException("the C library cannot be called", e);
        }
    }

    /** Closes both ends and removes the file; then nothing fits in, and nothing comes out. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            int ignored = (int) LibC.CLOSE.invokeExact(descriptor);
            Files.deleteIfExists(path);
        } catch (Throwable e) {
            LOG.debugf("cannot remove %s: %s", path, e.getMessage());
        }
    }

    /** The calls into the C library, loaded with the first pipe. */
    private static final class LibC {

        static final FunctionDescriptor PATH_CALL =
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT);
        static final FunctionDescriptor TRANSFER_CALL =
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
        static final FunctionDescriptor FLAGS_CALL =
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        static final FunctionDescriptor CLOSE_CALL = FunctionDescriptor.of(JAVA_INT, JAVA_INT);

        static final MethodHandle MKFIFO = function("mkfifo", PATH_CALL);
        static final MethodHandle OPEN = function("open", PATH_CALL);
        static final MethodHandle WRITE =
                function("write", TRANSFER_CALL, Linker.Option.critical(true));
        static final MethodHandle READ =
                function("read", TRANSFER_CALL, Linker.Option.critical(true));
        static final MethodHandle FCNTL =
                function("fcntl", FLAGS_CALL, Linker.Option.firstVariadicArg(2));
        static final MethodHandle CLOSE = function("close", CLOSE_CALL);

        private LibC() {}

        @SuppressWarnings("restricted") // the point of this class
        private static MethodHandle function(
                String name, FunctionDescriptor descriptor, Linker.Option... options) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow(name), descriptor, options);
        }
    }
}
