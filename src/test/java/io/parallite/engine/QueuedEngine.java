package io.parallite.engine;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An engine whose actions, from whatever thread, wait until the test runs them one by one. */
public final class QueuedEngine implements Engine {

    private static final long PATIENCE_SECONDS = 60;

    private final LinkedBlockingQueue<Runnable> actions = new LinkedBlockingQueue<>();

    /** Runs the action that was handed over first; waits until there is one. */
    public void runNext() throws InterruptedException {
        Runnable next = actions.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing was handed over");
        }
        next.run();
    }

    @Override
    public void execute(Runnable action) {
        actions.add(action);
    }

    @Override
    public void dispatch(Runnable action) {
        action.run();
    }

    @Override
    public boolean isCurrent() {
        return true;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long epochMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public Timer schedule(Duration delay, Runnable action) {
        throw new UnsupportedOperationException("no timers");
    }
}
