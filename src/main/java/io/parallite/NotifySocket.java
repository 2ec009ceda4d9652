package io.parallite;

import io.parallite.engine.LibC;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The datagram socket of a service manager, as {@code NOTIFY_SOCKET} names it (sd_notify(3)).
 *
 * <p>The JDK has no datagrams on domain sockets: see {@link LibC}. Any thread. Holds nothing open
 * between messages.
 */
final class NotifySocket {

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
        int socket = (int) check("socket", LibC.datagramSocket());
        try {
            byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
            check("sendto", LibC.send(socket, bytes, flags | MSG_NOSIGNAL, address));
        } finally {
            int _ = LibC.close(socket);
        }
    }

    private static long check(String name, long result) throws IOException {
        if (result < 0) {
            throw new IOException("%s failed with errno %d".formatted(name, -result));
        }
        return result;
    }
}
