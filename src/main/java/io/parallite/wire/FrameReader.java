package io.parallite.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * Cuts a stream of bytes into frames: a 4-byte big-endian unsigned length, then that many bytes.
 *
 * <p>Chunks may be split anywhere. Memory is taken as bytes arrive: a frame that has begun takes
 * {@value #SMALLEST} bytes at first and up to {@value #UNASKED} without a question; the whole of a
 * longer one is allocated once more has arrived and {@link Sink#hasRoom} agrees.
 *
 * <p>Owned by the thread that feeds it.
 */
public final class FrameReader {

    /** Bytes of the length prefix. */
    public static final int HEADER = 4;

    /** A frame takes so many bytes, prefix included, before the sink is asked for room. */
    public static final int UNASKED = 4096;

    private static final int SMALLEST = 256;
    private static final int DIRECT = 64 * 1024;
    private static final int SHOWN = 256;

    /** Who gets the frames. A {@code false} holds the reader until {@link FrameReader#resume}. */
    public interface Sink {

        /** Asked once per frame when its length is known: whether its body may be read now. */
        default boolean admits(int length) {
            return true;
        }

        /**
         * Asked once per frame of more than {@link #UNASKED} bytes, when more of it has arrived:
         * whether there is memory for all of it.
         *
         * @param bytes the frame's length, prefix included
         */
        default boolean hasRoom(int bytes) {
            return true;
        }

        /** A whole frame with its length prefix; the array is the sink's to keep. */
        void onFrame(byte[] frame);

        /**
         * A frame over the limit. When this returns {@code true} its bytes are skipped and reading
         * goes on behind it, else the reader takes nothing more.
         *
         * @param seen the length prefix and the first of the bytes behind it
         */
        boolean onOversize(long length, byte[] seen);
    }

    private final int maxBody;
    private final Sink sink;

    private final byte[] header = new byte[HEADER];
    private int headerBytes;
    private byte[] frame = new byte[0];
    private int total;
    private int filled;
    private boolean inBody;
    private boolean hasRoom;
    private long toSkip;

    private boolean held;
    private boolean closed;
    private byte[] kept = new byte[0];
    private boolean more;
    private long begun;
    private long taken;

    /** A reader that hands frames with a body of up to {@code maxBody} bytes to {@code sink}. */
    public FrameReader(int maxBody, Sink sink) {
        this.maxBody = maxBody;
        this.sink = sink;
    }

    /** Takes the next bytes of the stream; they are copied. */
    public void feed(ByteBuf bytes) {
        int length = bytes.readableBytes();
        taken += length;
        if (!closed && !held && isBetweenFrames() && isWholeFrame(bytes, length)) {
            byte[] whole = new byte[length];
            bytes.readBytes(whole);
            onWholeFrame(whole);
        } else {
            take(bytes);
        }
    }

    /** Takes the next bytes of the stream; they are copied, the caller keeps its array. */
    public void feed(byte[] bytes, int offset, int length) {
        taken += length;
        take(Unpooled.wrappedBuffer(bytes, offset, length));
    }

    /** Whether the bytes are one frame and nothing else, as they mostly are. */
    private boolean isWholeFrame(ByteBuf bytes, int length) {
        return length > HEADER
                && length <= HEADER + Math.min(maxBody, DIRECT)
                && bytes.getUnsignedInt(bytes.readerIndex()) == length - HEADER;
    }

    private void onWholeFrame(byte[] whole) {
        begun++;
        if (!sink.admits(whole.length - HEADER)) {
            holdWhole(whole, false);
        } else if (whole.length > UNASKED && !sink.hasRoom(whole.length)) {
            holdWhole(whole, true);
        } else {
            sink.onFrame(whole);
        }
    }

    private void holdWhole(byte[] whole, boolean isAdmitted) {
        System.arraycopy(whole, 0, header, 0, HEADER);
        total = whole.length;
        kept = Arrays.copyOfRange(whole, HEADER, whole.length);
        held = true;
        if (isAdmitted) {
            startBody();
        }
    }

    private void take(ByteBuf bytes) {
        while (bytes.isReadable() && !closed) {
            if (held) {
                keep(bytes);
            } else if (toSkip > 0) {
                skip(bytes);
            } else if (inBody) {
                readBody(bytes);
            } else {
                readHeader(bytes);
            }
        }
    }

    private void keep(ByteBuf bytes) {
        int before = kept.length;
        int length = bytes.readableBytes();
        kept = Arrays.copyOf(kept, before + length);
        bytes.readBytes(kept, before, length);
    }

    /** Goes on after the sink said no, with what was kept; the question is not asked again. */
    public void resume() {
        if (!held || closed) {
            return;
        }
        held = false;
        if (inBody) {
            hasRoom = true;
        } else {
            startBody();
        }
        byte[] rest = kept;
        kept = new byte[0];
        take(Unpooled.wrappedBuffer(rest));
    }

    /** Takes nothing more and frees what was gathered. */
    public void close() {
        closed = true;
        held = false;
        frame = new byte[0];
        kept = new byte[0];
    }

    /** Whether bytes of a next frame are there already; while a frame is being handed on. */
    public boolean hasMore() {
        return more;
    }

    /** Whether the reader waits for {@link #resume}. */
    public boolean isHeld() {
        return held;
    }

    /** Whether the reader waits for room for the rest of a frame. */
    public boolean isHeldForRoom() {
        return held && inBody;
    }

    /** Whether the stream stands between two frames. */
    public boolean isBetweenFrames() {
        return headerBytes == 0 && !inBody && toSkip == 0;
    }

    /** How many frames have begun so far: tells one frame from the next. */
    public long begun() {
        return begun;
    }

    /** How many bytes it has been fed so far. */
    public long taken() {
        return taken;
    }

    /** The first bytes of the frame that is not complete yet, at most {@code limit}. */
    public byte[] partial(int limit) {
        return inBody
                ? Arrays.copyOf(frame, Math.min(filled, limit))
                : Arrays.copyOf(header, Math.min(headerBytes, limit));
    }

    private void skip(ByteBuf bytes) {
        int step = (int) Math.min(toSkip, bytes.readableBytes());
        toSkip -= step;
        bytes.skipBytes(step);
    }

    private void readHeader(ByteBuf bytes) {
        if (headerBytes == 0) {
            begun++;
        }
        int step = Math.min(HEADER - headerBytes, bytes.readableBytes());
        bytes.readBytes(header, headerBytes, step);
        headerBytes += step;
        if (headerBytes == HEADER) {
            onHeader(bytes);
        }
    }

    private void onHeader(ByteBuf behind) {
        headerBytes = 0;
        long length = length(header);
        if (length > maxBody) {
            int shown = Math.min(SHOWN, behind.readableBytes());
            byte[] seen = Arrays.copyOf(header, HEADER + shown);
            behind.getBytes(behind.readerIndex(), seen, HEADER, shown);
            if (sink.onOversize(length, seen)) {
                toSkip = length;
            } else {
                close();
            }
            return;
        }
        total = HEADER + (int) length;
        if (sink.admits((int) length)) {
            startBody();
        } else {
            held = true;
        }
    }

    private void startBody() {
        frame = new byte[Math.min(total, SMALLEST)];
        System.arraycopy(header, 0, frame, 0, HEADER);
        filled = HEADER;
        inBody = true;
        hasRoom = false;
        if (filled == total) {
            finish();
        }
    }

    private void readBody(ByteBuf bytes) {
        int step = Math.min(total - filled, bytes.readableBytes());
        if (filled + step > frame.length && !grow(filled + step)) {
            held = true;
            return;
        }
        bytes.readBytes(frame, filled, step);
        filled += step;
        if (filled == total) {
            more = bytes.isReadable();
            finish();
            more = false;
        }
    }

    /** Makes room for {@code needed} bytes; {@code false} when the sink has none. */
    private boolean grow(int needed) {
        if (needed <= UNASKED) {
            frame = Arrays.copyOf(frame, Math.min(total, UNASKED));
            return true;
        }
        if (total > UNASKED && !hasRoom && !sink.hasRoom(total)) {
            return false;
        }
        hasRoom = true;
        frame = Arrays.copyOf(frame, total);
        return true;
    }

    private void finish() {
        byte[] done = frame;
        frame = new byte[0];
        inBody = false;
        sink.onFrame(done);
    }

    /** Whether there is nothing behind the length prefix. */
    public static boolean isEmpty(byte[] frame) {
        return frame.length == HEADER;
    }

    /** The unsigned length in a frame's first four bytes. */
    public static long length(byte[] header) {
        return (header[0] & 0xffL) << 24
                | (header[1] & 0xffL) << 16
                | (header[2] & 0xffL) << 8
                | (header[3] & 0xffL);
    }
}
