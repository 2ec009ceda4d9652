package io.parallite.process;

import io.parallite.wire.Excerpt;
import io.parallite.wire.FrameReader;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads what a worker sends as frames, and whatever is none as garbage. */
final class ReplyReader implements FrameReader.Sink {

    private final WorkerChannel.Listener listener;
    private final int maxBody;
    private final FrameReader reader;

    ReplyReader(WorkerChannel.Listener listener, int maxBody) {
        this.listener = listener;
        this.maxBody = maxBody;
        this.reader = new FrameReader(maxBody, this);
    }

    FrameReader reader() {
        return reader;
    }

    @Override
    public void onFrame(byte[] frame) {
        listener.onFrame(frame);
    }

    @Override
    public boolean onOversize(long length, byte[] seen) {
        listener.onGarbage(
                "wrote bytes that are no frame (as a length they say %d, the limit is %d): %s"
                        .formatted(length, maxBody, Excerpt.show(seen)));
        return false;
    }

    /** What to add to a worker's last words when it ended in the middle of a frame. */
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

    /** The ending of a worker, with what is left of an unfinished frame among its last words. */
    WorkerExit ending(int exitStatus, String lastWords, boolean requestUnread) {
        String unfinished = unfinished();
        if (unfinished == null) {
            return new WorkerExit(exitStatus, lastWords, requestUnread);
        }
        String words = lastWords.isEmpty() ? unfinished : lastWords + "; " + unfinished;
        return new WorkerExit(exitStatus, words, false);
    }
}
