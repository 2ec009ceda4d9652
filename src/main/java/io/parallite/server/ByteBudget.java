package io.parallite.server;

import java.util.ArrayDeque;

/**
 * How many bytes of large requests may be in memory at once, over all sessions.
 *
 * <p>A session reserves the whole of a large frame before it reads its body, so that those it has
 * begun it can finish; who gets no room is not read from until there is some, in order. A frame
 * larger than the whole budget gets it alone. Owned by the engine's thread.
 */
final class ByteBudget {

    private record Claim(long bytes, Runnable onGranted) {}

    private final long limit;
    private final ArrayDeque<Claim> waiting = new ArrayDeque<>();
    private long reserved;

    ByteBudget(long limit) {
        this.limit = limit;
    }

    /** Reserves now and answers true, or calls {@code onGranted} once it is reserved. */
    boolean reserve(long bytes, Runnable onGranted) {
        if (waiting.isEmpty() && fits(bytes)) {
            reserved += bytes;
            return true;
        }
        waiting.add(new Claim(bytes, onGranted));
        return false;
    }

    /** Gives reserved bytes back. */
    void release(long bytes) {
        reserved -= bytes;
        while (!waiting.isEmpty() && fits(waiting.element().bytes())) {
            Claim next = waiting.remove();
            reserved += next.bytes();
            next.onGranted().run();
        }
    }

    long reserved() {
        return reserved;
    }

    private boolean fits(long bytes) {
        return reserved == 0 || reserved + bytes <= limit;
    }
}
