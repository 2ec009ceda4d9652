package io.parallite.process.channel;

import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerExit;
import io.parallite.wire.Encoding;
import io.parallite.wire.Excerpt;
import io.parallite.wire.FrameReader;
import io.parallite.wire.ReadBudget;
import io.parallite.wire.RequestException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of a worker into frames, and reports invalid ones as garbage.
 *
 * <p>A frame of more than {@value #UNASKED} bytes is read when the budget has room for it; until
 * then reading is suspended. The room is released when the frame has been passed on: a receiver
 * that keeps it counts it from then on.
 */
final class ReplyReader implements FrameReader.Sink {

    private static final int UNASKED = 64 * 1024;

    /** The largest length of a frame; four bytes of text, read as a length, exceed half of it. */
    private static final int LONGEST = 1 << 29;

    private final WorkerChannel.Listener listener;
    private final ReplyLimits limits;
    private final Runnable onRoom;
    private final FrameReader reader;
    private ReadBudget.@Nullable Room room;
    private boolean hasWaited;

    /**
     * @param onRoom run when a reader that was held may go on by {@link #readOn}
     */
    ReplyReader(WorkerChannel.Listener listener, ReplyLimits limits, Runnable onRoom) {
        this.listener = listener;
        this.limits = limits;
        this.onRoom = onRoom;
        this.reader = new FrameReader(limits.maxBody(), this);
    }

    @Override
    public boolean hasRoom(int bytes) {
        if (bytes <= UNASKED) {
            return true;
        }
        ReadBudget.Room claimed = limits.budget().claim(bytes, onRoom);
        room = claimed;
        hasWaited = !claimed.isGranted();
        return claimed.isGranted();
    }

    /** Whether nothing more may be read for want of room. */
    boolean isHeld() {
        return reader.isHeld();
    }

    /** Whether the frame that is being read, or handed on, has had to wait for room. */
    boolean hasWaitedForRoom() {
        return hasWaited;
    }

    /** Goes on after having been held. */
    void readOn() {
        reader.resume();
    }

    /**
     * Accepts no more bytes; a suspended frame is passed on, although the budget has no room for
     * it.
     */
    void close() {
        reader.resume();
        reader.close();
        releaseRoom();
    }

    private void releaseRoom() {
        ReadBudget.Room taken = room;
        room = null;
        hasWaited = false;
        if (taken != null) {
            taken.release();
        }
    }

    FrameReader reader() {
        return reader;
    }

    @Override
    public void onFrame(byte[] frame) {
        try {
            listener.onFrame(frame);
        } finally {
            releaseRoom();
        }
    }

    @Override
    public boolean onOversize(long length, byte[] seen) {
        listener.onGarbage(
                isReply(length, seen)
                        ? "sent a reply of %d bytes, and %d is the most (raise max_payload_bytes, or return less)"
                                .formatted(length, limits.maxBody())
                        : "wrote bytes that are no frame (as a length they say %d, the limit is %d): %s"
                                .formatted(length, limits.maxBody(), Excerpt.show(seen)));
        return false;
    }

    /** Whether it is a long frame rather than something else, such as text. */
    private static boolean isReply(long length, byte[] seen) {
        if (length > LONGEST || seen.length == FrameReader.HEADER) {
            return length <= LONGEST;
        }
        try {
            Encoding _ = Encoding.of(seen);
            return true;
        } catch (RequestException e) {
            return false;
        }
    }

    /** The addition to a worker's stderr tail when it ended in the middle of a frame. */
    @Nullable String unfinished() {
        if (reader.isBetweenFrames()) {
            return null;
        }
        byte[] begun = reader.partial(256);
        boolean hasBody = begun.length > FrameReader.HEADER;
        byte[] partial =
                hasBody ? Arrays.copyOfRange(begun, FrameReader.HEADER, begun.length) : begun;
        return "its last frame is not complete: " + Excerpt.show(partial);
    }

    /** The exit of a worker, with the beginning of an unfinished frame added to its stderr tail. */
    WorkerExit ending(int exitStatus, String stderrTail, boolean requestUnread) {
        reader.resume(); // the end was read: the rest of the last frame will not come
        String unfinished = unfinished();
        if (unfinished == null) {
            return new WorkerExit(exitStatus, stderrTail, requestUnread);
        }
        String words = stderrTail.isEmpty() ? unfinished : stderrTail + "; " + unfinished;
        return new WorkerExit(exitStatus, words, false);
    }
}
