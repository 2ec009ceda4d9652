package io.parallite.bench;

import io.parallite.config.DaemonAddress;
import io.parallite.wire.Encoding;
import io.parallite.wire.Excerpt;
import io.parallite.wire.ReplyEnvelope;
import io.parallite.wire.RequestException;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/**
 * Checks that it is a daemon that listens, before it is measured: something else could answer with
 * gigabytes, or never.
 */
final class Greeting {

    private static final int HEADER = 4;

    /** More than the length of a daemon's answer to a {@code ping}. */
    private static final int LONGEST = 16 * 1024;

    private Greeting() {}

    /**
     * Sends a {@code ping} on a connection of its own and waits for the answer.
     *
     * @throws ProtocolException with a sentence for the user, when what answers is no daemon, none
     *     that may be used, or nothing answers in time
     * @throws IOException when there is no connection
     */
    static void exchange(DaemonAddress address, Duration patience) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address.toSocketAddress());
                Selector selector = Selector.open()) {
            Map<String, String> request = Map.of("type", "ping", "task_id", "greeting");
            ByteBuffer ping = ByteBuffer.wrap(Encoding.JSON.encode(request));
            while (ping.hasRemaining()) {
                channel.write(ping); // fits into the buffer of any new connection
            }
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            judge(address, read(address, channel, selector, patience));
        }
    }

    private static byte[] read(
            DaemonAddress address, SocketChannel channel, Selector selector, Duration patience)
            throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(LONGEST);
        long deadline = System.nanoTime() + patience.toNanos();
        while (!isWhole(answer)) {
            long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            if (left <= 0 || selector.select(left) == 0) {
                throw new ProtocolException(
                        "what listens at %s has not answered a ping within %d ms; if it is Parallite, it is overloaded or stopped (kill -CONT), else name another --socket"
                                .formatted(address.described(), patience.toMillis()));
            }
            selector.selectedKeys().clear();
            if (channel.read(answer) < 0) {
                throw new EOFException("it closed the connection");
            }
        }
        return Arrays.copyOf(answer.array(), answer.position());
    }

    /** Whether all has come that is worth a look: a frame, or more than the answer can have. */
    private static boolean isWhole(ByteBuffer answer) {
        if (answer.position() < HEADER) {
            return false;
        }
        int length = answer.getInt(0);
        return length < 0 || length > LONGEST - HEADER || answer.position() >= length + HEADER;
    }

    private static void judge(DaemonAddress address, byte[] answer) throws ProtocolException {
        try {
            ReplyEnvelope reply = Encoding.of(answer).decodeReply(answer);
            if (!reply.ok()
                    && reply.failure() != null
                    && reply.failure().code().equals("UNAUTHORIZED")) {
                throw new ProtocolException(
                        "the daemon at %s refuses: %s; measure it at its domain socket"
                                .formatted(address.described(), reply.failure().message()));
            }
        } catch (RequestException e) {
            throw new ProtocolException(
                    "what listens at %s is not Parallite: it answers a ping with %s; name the daemon's socket with --socket"
                            .formatted(address.described(), Excerpt.show(answer)));
        }
    }
}
