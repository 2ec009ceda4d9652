package io.parallite;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The datagram socket of a service manager, as {@code NOTIFY_SOCKET} names it (sd_notify(3)).
 *
 * <p>The JDK has no datagrams on domain sockets, so {@code socket} and {@code sendto} of Linux's C
 * library are called; with the constants of Linux. Any thread. Holds nothing open between messages.
 */
final class NotifySocket {

    private static final short AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;

    /** Bytes of {@code sun_path}. */
    private static final int PATH_LIMIT = 108;

    private final byte[] address;

    private NotifySocket(byte[] address) {
        this.address = address;
    }

    /**
     * The socket at {@code name}: an absolute path, or a name behind {@code @} in the abstract
     * namespace.
     *
     * @throws IOException when it is neither, or too long
     */
    static NotifySocket at(String name) throws IOException {
        byte[] address = name.getBytes(StandardCharsets.UTF_8);
        boolean known = name.startsWith("/") || name.startsWith("@");
        if (!known || address.length < 2 || address.length > PATH_LIMIT) {
            throw new IOException(
                    "expected an absolute path or an abstract name of up to %d bytes"
                            .formatted(PATH_LIMIT));
        }
        if (address[0] == '@') {
            address[0] = 0;
        }
        return new NotifySocket(address);
    }

    /** Sends {@code message}, waiting while the receiver has no room. */
    void send(String message) throws IOException {
        send(message, 0);
    }

    /** Sends {@code message}, or fails at once when the receiver has no room. */
    void sendNow(String message) throws IOException {
        send(message, MSG_DONTWAIT);
    }

    private void send(String message, int flags) throws IOException {
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            LibC libc = new LibC(arena.allocate(LibC.ERRNO));
            int socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC);
            try {
                libc.sendTo(
                        socket,
                        arena.allocateFrom(JAVA_BYTE, bytes),
                        flags | MSG_NOSIGNAL,
                        socketAddress(arena));
            } finally {
                libc.close(socket);
            }
        }
    }

    /** The calls by their form, all of which a native build must know of beforehand. */
    static List<FunctionDescriptor> calls() {
        return List.of(LibC.SOCKET_CALL, LibC.SEND_TO_CALL, LibC.CLOSE_CALL);
    }

    /** A {@code sockaddr_un}, no longer than its name: the NUL of an abstract one is part of it. */
    private MemorySegment socketAddress(Arena arena) {
        MemorySegment segment = arena.allocate(Short.BYTES + address.length, Short.BYTES);
        segment.set(JAVA_SHORT, 0, AF_UNIX);
        MemorySegment.copy(MemorySegment.ofArray(address), 0, segment, Short.BYTES, address.length);
        return segment;
    }

    /**
     * The calls into the C library, loaded with the first message.
     *
     * @param errno where a call leaves its error
     */
    private record LibC(MemorySegment errno) {

        static final MemoryLayout ERRNO = Linker.Option.captureStateLayout();

        private static final FunctionDescriptor SOCKET_CALL =
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        private static final FunctionDescriptor SEND_TO_CALL =
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
        private static final FunctionDescriptor CLOSE_CALL =
                FunctionDescriptor.of(JAVA_INT, JAVA_INT);

        private static final MethodHandle SOCKET = function("socket", SOCKET_CALL);
        private static final MethodHandle SEND_TO = function("sendto", SEND_TO_CALL);
        private static final MethodHandle CLOSE = function("close", CLOSE_CALL);

        @SuppressWarnings("restricted") // the point of this class
        private static MethodHandle function(String name, FunctionDescriptor descriptor) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(
                    linker.defaultLookup().findOrThrow(name),
                    descriptor,
                    Linker.Option.captureCallState("errno"));
        }

        int socket(int family, int type) throws IOException {
            return (int) check("socket", () -> (int) SOCKET.invokeExact(errno, family, type, 0));
        }

        void sendTo(int socket, MemorySegment bytes, int flags, MemorySegment address)
                throws IOException {
            check(
                    "sendto",
                    () ->
                            (long)
                                    SEND_TO.invokeExact(
                                            errno,
                                            socket,
                                            bytes,
                                            bytes.byteSize(),
                                            flags,
                                            address,
                                            (int) address.byteSize()));
        }

        void close(int socket) throws IOException {
            check("close", () -> (int) CLOSE.invokeExact(errno, socket));
        }

        private long check(String name, Call call) throws IOException {
            long result;
            try {
                result = call.run();
            } catch (Throwable e) {
                throw new IOException(name + " cannot be called: " + e.getMessage(), e);
            }
            if (result < 0) {
                throw new IOException(
                        "%s failed with errno %d".formatted(name, errno.get(JAVA_INT, 0)));
            }
            return result;
        }

        private interface Call {
            long run() throws Throwable;
        }
    }
}
