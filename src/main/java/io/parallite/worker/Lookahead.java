package io.parallite.worker;

import io.parallite.process.WorkerChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one worker has been given, and has taken, of the tasks after its present one; see {@link
 * Prefetching}.
 *
 * <p>The worker looks for its next task when it has done the present one, and tells before it
 * replies whether it has taken one. So when its reply is there, either it goes on by itself, or it
 * waits to be sent a task and looks at what lies with it only after that. Owned by the engine's
 * thread.
 */
public final class Lookahead {

    private @Nullable WorkerChannel channel;
    private boolean took;
    private boolean hasFrame;

    /** The worker can be talked to. */
    void open(WorkerChannel opened) {
        channel = opened;
    }

    /**
     * Whether a frame laid there now would be of use: not when the next reply is here already,
     * which tells whether the worker would still look.
     */
    boolean isOpen() {
        return channel != null && !channel.hasMore();
    }

    /** Lays a frame there; {@code false} when the worker cannot take that. */
    public boolean put(byte[] frame) {
        return channel != null && channel.prefetch(frame);
    }

    /** Takes back the frames that the worker has not taken. */
    public List<byte[]> takeBack() {
        return channel == null ? List.of() : channel.takeBack();
    }

    /** The worker tells that it has taken its next task; {@code false} when it cannot have. */
    boolean onTaken() {
        boolean isNews = !took && channel != null && channel.features().contains("prefetch");
        took = true;
        return isNews;
    }

    /** Whether the worker goes on by itself after the task that it has. */
    public boolean hasTaken() {
        return took;
    }

    /** The worker is leased for its next task. */
    void onLeased() {
        hasFrame = took;
        took = false;
    }

    /** Whether it has been leased for a task that it has, and which has not been begun here. */
    boolean hasFrame() {
        return hasFrame;
    }

    /** The task it is leased for is begun; answers whether the worker has its frame. */
    boolean begin() {
        boolean had = hasFrame;
        hasFrame = false;
        return had;
    }
}
