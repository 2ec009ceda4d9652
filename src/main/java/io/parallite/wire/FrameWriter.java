package io.parallite.wire;

import java.util.ArrayDeque;

/**
 * Puts frames on a line and waits whenever the line is full.
 *
 * <p>A frame that fits goes out in one write. A large one goes out slice by slice, because the
 * transport copies what it is given into direct memory: a slow reader of 10 MB then pins its array
 * and one slice of direct memory, not two copies of the whole.
 *
 * <p>Owned by the line's thread. Frames must not be changed after they were handed over.
 */
public final class FrameWriter {

    private static final int SLICE = 256 * 1024;

    /** Where bytes go. */
    public interface Line {

        /**
         * Takes a copy of {@code bytes} from {@code offset} on.
         *
         * @param moreFollow whether they may be sent a moment later, together with what follows
         */
        void write(byte[] bytes, int offset, int length, boolean moreFollow);

        /** Whether more is held than is good. */
        boolean isFull();

        /** Has {@code action} called each time the line has caught up after having been full. */
        void onDrained(Runnable action);
    }

    private final Line line;
    private final Runnable onDrained;
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    private int sent;
    private boolean pumping;
    private boolean closed;

    /**
     * A writer that calls {@code onDrained} when it has caught up after having been {@link
     * #isFull}.
     */
    public FrameWriter(Line line, Runnable onDrained) {
        this.line = line;
        this.onDrained = onDrained;
        line.onDrained(this::pump);
    }

    /** Sends {@code frame} now, or as soon as the line takes it. */
    public void write(byte[] frame) {
        write(frame, false);
    }

    /**
     * The same.
     *
     * @param moreFollow whether other frames are likely to follow soon; they then share a write
     */
    public void write(byte[] frame, boolean moreFollow) {
        if (closed) {
            return;
        }
        if (waiting.isEmpty() && frame.length <= SLICE) {
            line.write(frame, 0, frame.length, moreFollow);
            return;
        }
        waiting.add(frame);
        if (waiting.size() == 1) {
            pump();
        }
    }

    /** Whether the reader at the other end is behind. */
    public boolean isFull() {
        return !waiting.isEmpty() || line.isFull();
    }

    /** Whether whole frames still wait here, not counting what the line itself has taken. */
    public boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Drops what is waiting and writes nothing more. */
    public void close() {
        closed = true;
        waiting.clear();
    }

    private void pump() {
        if (closed || pumping) {
            return; // a write that drains at once calls the drain handler from within
        }
        pumping = true;
        while (!waiting.isEmpty() && !line.isFull()) {
            byte[] frame = waiting.element();
            int step = Math.min(SLICE, frame.length - sent);
            line.write(frame, sent, step, false);
            sent += step;
            if (sent == frame.length) {
                sent = 0;
                waiting.remove();
            }
        }
        pumping = false;
        if (!isFull()) {
            onDrained.run();
        }
    }
}
