package io.parallite.wire;

import java.util.ArrayDeque;

/**
 * Puts frames on a line and waits whenever the line is full.
 *
 * <p>A small frame goes out in one write while the line takes it. A large one goes out slice by
 * slice, because the transport copies what it is given into direct memory: a slow reader of 10 MB
 * then pins its array and one slice of direct memory, not two copies of the whole. {@link #pinned}
 * says how much that is at any time.
 *
 * <p>Owned by the line's thread. Frames must not be changed after they were handed over.
 */
public final class FrameWriter {

    private static final int SLICE = 256 * 1024;

    /** What a line that is full may hold beside the frames that wait here. */
    private static final int LINE = SLICE + 64 * 1024;

    /** What a frame that waits takes beside its bytes. */
    private static final int ENTRY = 64;

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

        /** Ends the connection at once. */
        void close();

        /** How many bytes have been taken and not been sent yet. */
        default long pending() {
            return 0;
        }
    }

    /** A frame that waits, and how often it is to be sent. */
    private static final class Waiting {

        private final byte[] frame;
        private int times;

        Waiting(byte[] frame, int times) {
            this.frame = frame;
            this.times = times;
        }
    }

    private final Line line;
    private final Runnable onDrained;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(2);
    private long waitingBytes;
    private long taken;
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
        if (waiting.isEmpty() && frame.length <= SLICE && !line.isFull()) {
            taken += frame.length;
            line.write(frame, 0, frame.length, moreFollow);
            return;
        }
        enqueue(frame, 1);
    }

    /** Sends {@code frame} so many times; it is kept once. */
    public void repeat(byte[] frame, int times) {
        if (!closed && times > 0) {
            enqueue(frame, times);
        }
    }

    private void enqueue(byte[] frame, int times) {
        waiting.add(new Waiting(frame, times));
        waitingBytes += frame.length + ENTRY;
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

    /** How many bytes of memory a reader that is behind makes the writer and its line keep. */
    public long pinned() {
        return waitingBytes + (isFull() ? LINE : 0);
    }

    /**
     * How many bytes have left the line, which distinguishes a reader that gets on from one that
     * does not.
     */
    public long progress() {
        return taken - line.pending();
    }

    /** Drops what is waiting and writes nothing more. */
    public void close() {
        closed = true;
        waiting.clear();
        waitingBytes = 0;
    }

    private void pump() {
        if (closed || pumping) {
            return; // a write that drains at once calls the drain handler from within
        }
        pumping = true;
        try {
            while (!waiting.isEmpty() && !line.isFull()) {
                writeSlice(waiting.element());
            }
        } finally {
            pumping = false;
        }
        if (!isFull()) {
            onDrained.run();
        }
    }

    private void writeSlice(Waiting next) {
        byte[] frame = next.frame;
        int step = Math.min(SLICE, frame.length - sent);
        boolean isLastSlice = sent + step == frame.length;
        boolean moreFollow = isLastSlice && (next.times > 1 || waiting.size() > 1);
        taken += step;
        line.write(frame, sent, step, moreFollow);
        sent += step;
        if (isLastSlice && !closed) {
            sent = 0;
            if (--next.times == 0) {
                waiting.remove();
                waitingBytes -= frame.length + ENTRY;
            }
        }
    }
}
