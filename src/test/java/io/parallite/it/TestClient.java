package io.parallite.it;

import io.parallite.wire.Encoding;
import io.parallite.wire.FrameReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One connection to a daemon that does what it is told, bytes or frames, and never waits for ever.
 *
 * <p>It reads only while it is asked for a reply, so one that is not asked is a slow reader. Of
 * replies that come for another task than the awaited one it keeps the last of each.
 */
final class TestClient implements AutoCloseable {

    /** How long any reply may take where a test does not say otherwise. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private final SocketChannel channel;
    private final Encoding encoding;
    private final Map<String, Reply> early = new LinkedHashMap<>();
    private ByteBuffer unread = ByteBuffer.allocate(64 * 1024).limit(0);

    private TestClient(SocketChannel channel, Encoding encoding) {
        this.channel = channel;
        this.encoding = encoding;
    }

    /** Connects, to speak {@code encoding} (which replies may be in is the daemon's affair). */
    static TestClient connect(SocketAddress address, Encoding encoding) {
        try {
            SocketChannel channel = SocketChannel.open(address);
            channel.configureBlocking(false);
            return new TestClient(channel, encoding);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A submit of {@code payload}, to which a test may add fields. */
    static Map<String, Object> task(String id, Object payload) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("task_id", id);
        request.put("payload", payload);
        return request;
    }

    /** A request of another type than submit. */
    static Map<String, Object> request(String type, String id) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("type", type);
        request.put("task_id", id);
        return request;
    }

    TestClient send(Map<String, ?> request) {
        return sendBytes(encoding.encode(request));
    }

    /** Sends bytes as they are. */
    TestClient sendBytes(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (buffer.hasRemaining()) {
                if (channel.write(buffer) == 0) {
                    waitFor(SelectionKey.OP_WRITE, deadline);
                }
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a frame with this body. */
    TestClient sendBody(byte[] body) {
        byte[] header = ByteBuffer.allocate(FrameReader.HEADER).putInt(body.length).array();
        return sendBytes(concat(header, body));
    }

    /** How many of {@code bytes} the daemon takes before it stops reading for {@code silence}. */
    int sendUntilHeld(byte[] bytes, Duration silence) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            while (buffer.hasRemaining()) {
                if (channel.write(buffer) == 0
                        && !isReady(SelectionKey.OP_WRITE, System.nanoTime() + silence.toNanos())) {
                    break;
                }
            }
            return buffer.position();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request and gives the reply to its {@code task_id}. */
    Reply call(Map<String, ?> request) {
        return send(request).receive((String) request.get("task_id"), PATIENCE);
    }

    /** Submits a task and gives its reply. */
    Reply submit(String id, Object payload) {
        return call(task(id, payload));
    }

    /** The reply for this task, now or when it comes. */
    Reply receive(String id) {
        return receive(id, PATIENCE);
    }

    Reply receive(String id, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        Reply kept = early.remove(id);
        while (kept == null) {
            Reply next = read(deadline);
            if (next.taskId().equals(id)) {
                return next;
            }
            early.put(next.taskId(), next);
        }
        return kept;
    }

    /** The next reply, whatever it is for. */
    Reply receiveNext() {
        return read(System.nanoTime() + PATIENCE.toNanos());
    }

    /** The next frame with its length prefix, undecoded. */
    byte[] receiveFrame() {
        return readFrame(System.nanoTime() + PATIENCE.toNanos());
    }

    /** Whether nothing comes for {@code duration}. */
    boolean isSilentFor(Duration duration) {
        return unread.remaining() == 0
                && !isReady(SelectionKey.OP_READ, System.nanoTime() + duration.toNanos());
    }

    /** Whether the daemon closes the connection, after whatever it still sends. */
    boolean isClosedWithin(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (isReady(SelectionKey.OP_READ, deadline)) {
                if (channel.read(ByteBuffer.allocate(64 * 1024)) < 0) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Ends the sending side; replies can still be received. */
    TestClient shutdownOutput() {
        try {
            channel.shutdownOutput();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Reply read(long deadline) {
        byte[] frame = readFrame(deadline);
        return new Reply(Encoding.of(frame).decodeAll(frame));
    }

    private byte[] readFrame(long deadline) {
        byte[] header = readBytes(FrameReader.HEADER, deadline);
        byte[] body = readBytes((int) FrameReader.length(header), deadline);
        return concat(header, body);
    }

    private byte[] readBytes(int length, long deadline) {
        byte[] bytes = new byte[length];
        int filled = 0;
        while (filled < length) {
            if (unread.remaining() == 0) {
                fill(deadline);
            }
            int step = Math.min(unread.remaining(), length - filled);
            unread.get(bytes, filled, step);
            filled += step;
        }
        return bytes;
    }

    private void fill(long deadline) {
        try {
            unread.clear();
            int read = channel.read(unread);
            while (read == 0) {
                waitFor(SelectionKey.OP_READ, deadline);
                read = channel.read(unread);
            }
            unread.flip();
            if (read < 0) {
                throw new EOFException("the daemon has closed the connection");
            }
        } catch (IOException e) {
            unread = ByteBuffer.allocate(64 * 1024).limit(0);
            throw new UncheckedIOException(e);
        }
    }

    private void waitFor(int operation, long deadline) {
        if (!isReady(operation, deadline)) {
            String what = operation == SelectionKey.OP_READ ? "no reply" : "nothing was read";
            throw new AssertionError(
                    what + " within the time given; came early: " + early.keySet());
        }
    }

    private boolean isReady(int operation, long deadline) {
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
            return false;
        }
        try (Selector selector = Selector.open()) {
            channel.register(selector, operation);
            return selector.select(millis) > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
