package io.parallite.bench;

import java.nio.channels.Selector;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Wakes the generator's selector at a moment, to a fraction of a millisecond.
 *
 * <p>A selector's own timeout counts whole milliseconds, and a generator that sleeps or spins
 * instead of selecting sees its replies late or takes the CPU from what it measures. So a thread of
 * its own waits for the moment while the generator waits for replies.
 */
final class Pacer implements AutoCloseable {

    private static final long NEVER = Long.MAX_VALUE;

    private final Selector selector;
    private final Thread thread;
    private final AtomicLong moment = new AtomicLong(NEVER);
    private volatile boolean closed;

    Pacer(Selector selector) {
        this.selector = selector;
        this.thread = Thread.ofPlatform().name("bench-pacer").daemon().start(this::run);
    }

    /**
     * Schedules a wake-up at a time of {@link System#nanoTime}, in place of one that was scheduled
     * before.
     */
    void wakeAt(long nanoTime) {
        if (moment.getAndSet(nanoTime) != nanoTime) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!closed) {
            long asked = moment.get();
            long wait = asked == NEVER ? NEVER : asked - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
            } else if (moment.compareAndSet(asked, NEVER)) {
                selector.wakeup();
            }
        }
    }
}
