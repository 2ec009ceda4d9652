package io.parallite.bench;

import io.parallite.task.TaskFailure;
import io.parallite.wire.Encoding;
import io.parallite.wire.Excerpt;
import io.parallite.wire.ReplyEnvelope;
import io.parallite.wire.RequestException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * One connection to the daemon with its tasks in flight; owned by the generator's thread.
 *
 * <p>A task in flight holds one of {@code depth} places. Its tag is {@code turn * depth + place}:
 * it is unique, and a reply's tag leads to its task without a search, in any order of replies come.
 * Frames waiting to be written are kept as tags and become bytes in a small buffer, so memory does
 * not grow with the payload.
 */
final class Connection {

    private static final int OUT_BYTES = 64 * 1024;
    private static final int HEADER = 4;

    /** The longest reply that a daemon may be configured to pass on, and its envelope. */
    private static final int LONGEST = (1 << 30) + (1 << 16);

    private static final int NONE = -1;

    private final SocketChannel channel;
    private final SelectionKey key;
    private final BenchFrames frames;
    private final LongSupplier clock;
    private final Measurements measurements;
    private final byte[] head;
    private final ByteBuffer out;

    private final long[] tagAt;
    private final long[] startedAt;
    private final int[] freePlaces;
    private int free;
    private long turn;

    private final long[] unwritten;
    private int unwrittenFrom;
    private int unwrittenCount;
    private int tailAt = NONE;

    private byte[] in = new byte[4096];
    private int inLength;

    /**
     * Adopts a connected, non-blocking channel; {@link #close} releases it.
     *
     * @param key of that channel, with an interest in reading
     * @param number which of the connections it is, from 0
     */
    Connection(
            SelectionKey key,
            int number,
            int depth,
            BenchFrames frames,
            Measurements measurements,
            LongSupplier clock) {
        this.key = key;
        this.channel = (SocketChannel) key.channel();
        this.frames = frames;
        this.measurements = measurements;
        this.clock = clock;
        this.head = frames.headFor(number);
        long wanted = Math.max(head.length, (long) depth * frames.frameLength());
        this.out = ByteBuffer.allocateDirect((int) Math.min(wanted, OUT_BYTES));
        this.tagAt = new long[depth];
        this.startedAt = new long[depth];
        this.freePlaces = new int[depth];
        this.unwritten = new long[depth];
        Arrays.fill(tagAt, NONE);
        for (int place = depth - 1; place >= 0; place--) {
            freePlaces[free++] = place;
        }
    }

    boolean hasFreePlace() {
        return free > 0 && unwrittenCount < unwritten.length;
    }

    int inFlight() {
        return tagAt.length - free;
    }

    /**
     * Puts one more task in flight; {@link #flush} sends it.
     *
     * @param startedNanos the moment its latency counts from
     */
    void submit(long startedNanos) {
        int place = freePlaces[--free];
        long tag = turn++ * tagAt.length + place;
        tagAt[place] = tag;
        startedAt[place] = startedNanos;
        unwritten[(unwrittenFrom + unwrittenCount++) % unwritten.length] = tag;
    }

    /**
     * Writes as much as possible of what was submitted, and requests to be called again for the
     * rest.
     */
    void flush() throws IOException {
        while (fill()) {
            out.flip();
            int written = channel.write(out);
            measurements.sent(written);
            boolean full = out.hasRemaining();
            out.compact();
            if (full) {
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                return;
            }
        }
        if (key.interestOps() != SelectionKey.OP_READ) {
            key.interestOps(SelectionKey.OP_READ);
        }
    }

    /**
     * Reads once and takes every whole reply.
     *
     * @param buffer a direct buffer to read through, shared by all connections
     * @return how many replies came
     * @throws EOFException if the daemon closed the connection
     */
    int receive(ByteBuffer buffer) throws IOException {
        buffer.clear();
        int length = channel.read(buffer);
        long now = clock.getAsLong();
        if (length < 0) {
            throw new EOFException("the daemon closed it");
        }
        measurements.received(length);
        if (inLength + length > in.length) {
            in = Arrays.copyOf(in, Math.max(inLength + length, 2 * in.length));
        }
        buffer.flip().get(in, inLength, length);
        inLength += length;
        return takeFrames(now);
    }

    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone, which is all we want of it.
        }
    }

    /** Moves bytes of unwritten frames into the buffer; false if there is nothing to write. */
    private boolean fill() {
        byte[] tail = frames.tail();
        while (unwrittenCount > 0 || tailAt != NONE) {
            if (tailAt == NONE) {
                if (out.remaining() < head.length) {
                    break;
                }
                frames.stamp(head, unwritten[unwrittenFrom]);
                unwrittenFrom = (unwrittenFrom + 1) % unwritten.length;
                unwrittenCount--;
                out.put(head);
                tailAt = 0;
            }
            int part = Math.min(out.remaining(), tail.length - tailAt);
            out.put(tail, tailAt, part);
            tailAt += part;
            if (tailAt < tail.length) {
                break;
            }
            tailAt = NONE;
        }
        return out.position() > 0;
    }

    private int takeFrames(long now) throws IOException {
        int at = 0;
        int replies = 0;
        while (inLength - at >= HEADER) {
            int length = ByteBuffer.wrap(in).getInt(at);
            if (length <= 0 || length > LONGEST) {
                throw new IOException(
                        "it sent an impossible frame length, "
                                + Integer.toUnsignedLong(length)
                                + " bytes");
            }
            if (inLength - at - HEADER < length) {
                break; // the array grows with what comes, not with what was promised
            }
            takeReply(at + HEADER, at + HEADER + length, now);
            replies++;
            at += HEADER + length;
        }
        if (at > 0) {
            inLength -= at;
            System.arraycopy(in, at, in, 0, inLength);
        }
        return replies;
    }

    private void takeReply(int from, int to, long now) {
        byte[] frame = Arrays.copyOfRange(in, from - HEADER, to);
        ReplyEnvelope reply;
        String problem = null;
        try {
            reply = Encoding.of(frame).decodeReply(frame);
        } catch (RequestException e) {
            reply = null;
            problem = e.explanation();
        }
        int place =
                reply == null || reply.taskId() == null ? oldestPlace() : placeOf(reply.taskId());
        if (place == NONE) {
            measurements.failure(
                    "UNEXPECTED_REPLY", "a reply to no task in flight: " + Excerpt.show(frame));
            return;
        }
        tagAt[place] = NONE;
        freePlaces[free++] = place;
        if (reply == null) {
            measurements.failure("BAD_REPLY", problem + ": " + Excerpt.show(frame));
        } else if (reply.ok()) {
            measurements.success(now - startedAt[place]);
        } else {
            TaskFailure failure = Objects.requireNonNull(reply.failure());
            measurements.failure(failure.code(), failure.message());
        }
    }

    private int placeOf(String taskId) {
        long tag = frames.tag(head, taskId);
        int place = tag < 0 ? NONE : (int) (tag % tagAt.length);
        return place != NONE && tagAt[place] == tag ? place : NONE;
    }

    /** The task that a reply without an id, as to a frame that could not be read, is about. */
    private int oldestPlace() {
        int oldest = NONE;
        for (int place = 0; place < tagAt.length; place++) {
            if (tagAt[place] != NONE && (oldest == NONE || tagAt[place] < tagAt[oldest])) {
                oldest = place;
            }
        }
        return oldest;
    }
}
