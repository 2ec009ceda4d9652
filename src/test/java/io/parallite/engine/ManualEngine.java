package io.parallite.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/** An engine whose clock stands until a test moves it; everything runs on the test's thread. */
public final class ManualEngine implements Engine {

    private record Entry(long due, long number, Runnable action) {}

    /** Some moment; only differences mean anything. */
    private static final long ORIGIN = Duration.ofDays(3).toNanos();

    private static final long EPOCH_MILLIS = 1_732_330_000_000L;

    private final PriorityQueue<Entry> timers =
            new PriorityQueue<>(Comparator.comparing(Entry::due).thenComparing(Entry::number));
    private final ArrayDeque<Runnable> actions = new ArrayDeque<>();
    private long now = ORIGIN;
    private long scheduled;

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
        return now;
    }

    @Override
    public long epochMillis() {
        return EPOCH_MILLIS + (now - ORIGIN) / 1_000_000;
    }

    @Override
    public Timer schedule(Duration delay, Runnable action) {
        Entry entry = new Entry(now + delay.toNanos(), scheduled++, action);
        timers.add(entry);
        return () -> timers.remove(entry);
    }

    /** Moves the clock on, running what comes due at the time it is due. */
    public void advance(Duration step) {
        long until = now + step.toNanos();
        runActions();
        while (!timers.isEmpty() && timers.element().due <= until) {
            Entry next = timers.remove();
            now = Math.max(now, next.due);
            next.action.run();
            runActions();
        }
        now = until;
    }

    /** Moves the clock on and runs nothing, as if the thread had been held up for so long. */
    public void holdUp(Duration step) {
        now += step.toNanos();
    }

    /** Runs what was handed to {@link #execute}. */
    public void runActions() {
        for (Runnable action = actions.poll(); action != null; action = actions.poll()) {
            action.run();
        }
    }

    /** How many timers are pending. */
    public int pendingTimers() {
        return timers.size();
    }

    /** How many timers there have ever been. */
    public long scheduledTimers() {
        return scheduled;
    }
}
