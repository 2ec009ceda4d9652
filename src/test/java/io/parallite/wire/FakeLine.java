package io.parallite.wire;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** A line that is full when it holds {@code capacity} bytes, until a test drains it. */
public final class FakeLine implements FrameWriter.Line {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<Integer> writes = new ArrayList<>();
    private final List<Boolean> moreFollow = new ArrayList<>();
    private Runnable onDrained = () -> {};
    private int capacity = Integer.MAX_VALUE;
    private int held;
    private boolean drainsWithinWrite;
    private boolean isClosed;

    public void capacity(int limit) {
        capacity = limit;
    }

    /** As Netty does when the socket takes everything at once. */
    void drainsWithinWrite() {
        drainsWithinWrite = true;
    }

    /** The lengths of the writes so far. */
    List<Integer> writes() {
        return writes;
    }

    /** What was said at each write of whether more follow. */
    List<Boolean> moreFollow() {
        return moreFollow;
    }

    public byte[] bytes() {
        return bytes.toByteArray();
    }

    /** The reader takes what is held. */
    public void drain() {
        held = 0;
        onDrained.run();
    }

    public void drainAll() {
        for (int i = 0; i < 1000 && held > 0; i++) {
            drain();
        }
    }

    @Override
    public void write(byte[] data, int offset, int length, boolean more) {
        writes.add(length);
        moreFollow.add(more);
        bytes.write(data, offset, length);
        held += length;
        if (drainsWithinWrite) {
            drain();
        }
    }

    @Override
    public void close() {
        isClosed = true;
    }

    /** Whether the connection was ended. */
    public boolean isClosed() {
        return isClosed;
    }

    @Override
    public boolean isFull() {
        return held >= capacity;
    }

    @Override
    public void onDrained(Runnable action) {
        onDrained = action;
    }
}
