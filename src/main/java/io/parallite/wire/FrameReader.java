package io.parallite.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * Cuts a stream of bytes into frames: a 4-byte big-endian unsigned length, then that many bytes.
 *
 * <p>Chunks may be split anywhere. The first bytes of a frame go to a small array and the whole is
 * allocated once there are more, so a header alone takes nothing; whoever wants to bound what is in
 * memory says so in {@link Sink#admits}.
 *
 * <p>Owned by the thread that feeds it.
 */
public final class FrameReader {

    /** Bytes of the length prefix. */
    public static final int HEADER = 4;

    private static final int FIRST_ALLOCATION = 64 * 1024;
    private static final int SHOWN = 256;

    /** Who gets the frames. */
    public interface Sink {

        /**
         * Asked once per frame when its length is known: whether its body may be read now. After a
         * {@code false} the reader holds still, keeping what it was fed, until {@link
         * FrameReader#resume}.
         */
        default boolean admits(int length) {
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
    private long toSkip;

    private boolean held;
    private boolean closed;
    private byte[] kept = new byte[0];
    private boolean more;

    /** A reader that hands frames with a body of up to {@code maxBody} bytes to {@code sink}. */
    public FrameReader(int maxBody, Sink sink) {
        this.maxBody = maxBody;
        this.sink = sink;
    }

    /** Takes the next bytes of the stream; they are copied. */
    public void feed(ByteBuf bytes) {
        int length = bytes.readableBytes();
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
        take(Unpooled.wrappedBuffer(bytes, offset, length));
    }

    /** Whether the bytes are one small frame and nothing else, as they mostly are. */
    private boolean isWholeFrame(ByteBuf bytes, int length) {
        return length > HEADER
                && length <= Math.min(maxBody, FIRST_ALLOCATION)
                && bytes.getUnsignedInt(bytes.readerIndex()) == length - HEADER;
    }

    private void onWholeFrame(byte[] whole) {
        if (sink.admits(whole.length - HEADER)) {
            sink.onFrame(whole);
        } else {
            System.arraycopy(whole, 0, header, 0, HEADER);
            total = whole.length;
            kept = Arrays.copyOfRange(whole, HEADER, whole.length);
            held = true;
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

    /** Goes on after {@link Sink#admits} said no, with what was kept. */
    public void resume() {
        if (!held) {
            return;
        }
        held = false;
        startBody();
        byte[] rest = kept;
        kept = new byte[0];
        take(Unpooled.wrappedBuffer(rest));
    }

    /** Takes nothing more and frees what was gathered. */
    public void close() {
        closed = true;
        frame = new byte[0];
        kept = new byte[0];
    }

    /** Whether bytes of a next frame are there already; while a frame is being told. */
    public boolean hasMore() {
        return more;
    }

    /** Whether the reader waits for {@link #resume}. */
    public boolean isHeld() {
        return held;
    }

    /** Whether the stream stands between two frames. */
    public boolean isBetweenFrames() {
        return headerBytes == 0 && !inBody && toSkip == 0;
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
        frame = new byte[Math.min(total, FIRST_ALLOCATION)];
        System.arraycopy(header, 0, frame, 0, HEADER);
        filled = HEADER;
        inBody = true;
        if (filled == total) {
            finish();
        }
    }

    private void readBody(ByteBuf bytes) {
        int step = Math.min(total - filled, bytes.readableBytes());
        if (filled + step > frame.length) {
            frame = Arrays.copyOf(frame, total);
        }
        bytes.readBytes(frame, filled, step);
        filled += step;
        if (filled == total) {
            more = bytes.isReadable();
            finish();
            more = false;
        }
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
