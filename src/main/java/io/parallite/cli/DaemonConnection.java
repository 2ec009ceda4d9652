package io.parallite.cli;

import io.parallite.config.AuthTokens;
import io.parallite.config.ConfigException;
import io.parallite.config.DaemonAddress;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A connection to the daemon in JSON, with a limit on every wait. For one thread. */
final class DaemonConnection implements AutoCloseable {

    private static final int LONGEST = (1 << 30) + (1 << 16);
    private static final int HEADER = 4;

    private final DaemonAddress address;
    private final Duration patience;
    private final SocketChannel channel;
    private final Selector selector;

    private DaemonConnection(
            DaemonAddress address, Duration patience, SocketChannel channel, Selector selector) {
        this.address = address;
        this.patience = patience;
        this.channel = channel;
        this.selector = selector;
    }

    /**
     * Connects.
     *
     * @param patience how long an answer may take that the daemon has at once
     */
    static DaemonConnection open(DaemonAddress address, Duration patience) throws DaemonException {
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open(address.toSocketAddress());
            channel.configureBlocking(false);
            Selector selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            DaemonConnection connection =
                    new DaemonConnection(address, patience, channel, selector);
            connection.logIn();
            return connection;
        } catch (DaemonException e) {
            close(channel);
            throw e;
        } catch (ConfigException e) {
            close(channel);
            throw e;
        } catch (IOException | RuntimeException e) {
            close(channel);
            throw new DaemonException(refusal(address, e));
        }
    }

    private void logIn() throws DaemonException {
        Optional<AuthTokens> token = address.token();
        if (token.isPresent()) {
            Answer answer = call("auth", Map.of("token", token.get().secret()));
            if (!answer.isOk()) {
                throw new DaemonException(
                        "the daemon at %s refuses this command: %s; compare %s with its auth_token_file"
                                .formatted(
                                        address.described(),
                                        answer.error(),
                                        address.tokenFile().orElseThrow()));
            }
        }
    }

    private static String refusal(DaemonAddress address, Exception e) {
        Path path = address.path().orElse(null);
        if (path != null && !Files.exists(path) && !Files.isSymbolicLink(path)) {
            return "no daemon runs at %s: there is no such socket; start it with `parallite`, or name its socket with --socket"
                    .formatted(address.described());
        }
        if (path != null && Files.exists(path) && !Files.isWritable(path)) {
            return "%s may not be written to by this user, so it cannot connect; run this as the daemon's user, or set socket_mode and socket_group"
                    .formatted(address.described());
        }
        if (e instanceof ConnectException || e instanceof SocketException) {
            return "no daemon listens at %s (%s); start it with `parallite`, or name its socket with --socket"
                    .formatted(address.described(), e.getMessage());
        }
        return "cannot connect to %s: %s".formatted(address.described(), e.getMessage());
    }

    /** Sends a request and waits for one frame, which must come soon. */
    Answer call(String type, Map<String, ?> fields) throws DaemonException {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("type", type);
        request.putAll(fields);
        send(request);
        return receive(patience);
    }

    Answer call(String type) throws DaemonException {
        return call(type, Map.of());
    }

    void send(Map<String, ?> request) throws DaemonException {
        byte[] body = Json.bytes(request);
        ByteBuffer frame = ByteBuffer.allocate(HEADER + body.length);
        frame.putInt(body.length).put(body).flip();
        try {
            while (frame.hasRemaining()) {
                if (channel.write(frame) == 0) {
                    await(SelectionKey.OP_WRITE, patience);
                }
            }
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /**
     * Waits for the next frame.
     *
     * @param limit how long; null waits for as long as it takes
     */
    Answer receive(@Nullable Duration limit) throws DaemonException {
        try {
            int length = read(HEADER, limit).getInt();
            if (length < 2 || length > LONGEST) {
                throw stranger("its answer begins like a frame of %d bytes", length & 0xffffffffL);
            }
            byte[] body = read(length, limit == null ? null : patience).array();
            if (body[0] != '{') {
                throw stranger("its answer begins with 0x%02x", body[0]);
            }
            return new Answer(body, Json.read(body));
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** The next frame; empty when it has not begun within {@code limit}, where there is one. */
    Optional<Answer> receiveWithin(Optional<Duration> limit) throws DaemonException {
        if (limit.isPresent()) {
            try {
                channel.keyFor(selector).interestOps(SelectionKey.OP_READ);
                if (selector.select(Math.max(1, limit.get().toMillis())) == 0) {
                    return Optional.empty();
                }
            } catch (IOException e) {
                throw lost(e);
            }
        }
        return Optional.of(receive(null));
    }

    private ByteBuffer read(int length, @Nullable Duration limit)
            throws IOException, DaemonException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            int count = channel.read(bytes);
            if (count < 0) {
                throw new EOFException("it closed the connection");
            }
            if (count == 0) {
                await(SelectionKey.OP_READ, limit);
            }
        }
        return bytes.flip();
    }

    private void await(int operation, @Nullable Duration limit)
            throws IOException, DaemonException {
        channel.keyFor(selector).interestOps(operation);
        selector.selectedKeys().clear();
        int ready = selector.select(limit == null ? 0 : Math.max(1, limit.toMillis()));
        if (ready == 0 && channel.isOpen() && selector.isOpen() && limit != null) {
            throw new DaemonException(
                    "what listens at %s did not answer within %d ms; if it is Parallite, it is overloaded or stopped (kill -CONT), else name another --socket"
                            .formatted(address.described(), limit.toMillis()));
        }
    }

    private DaemonException stranger(String what, Object detail) {
        return new DaemonException(
                "what listens at %s is not Parallite: %s; name the daemon's socket with --socket"
                        .formatted(address.described(), what.formatted(detail)));
    }

    private DaemonException lost(IOException e) {
        String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return new DaemonException(
                "lost the connection to %s: %s".formatted(address.described(), reason));
    }

    @Override
    public void close() {
        close(channel);
        close(selector);
    }

    private static void close(@Nullable AutoCloseable closeable) {
        try {
            if (closeable != null) {
                closeable.close();
            }
        } catch (Exception e) {
            // it has served its purpose
        }
    }
}
