package io.parallite.process.output;

import java.util.concurrent.TimeUnit;

/** How many lines a second may be logged, and how many were not. Not for more than one thread. */
final class LineBudget {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final int linesPerSecond;
    private long windowBegan;
    private int inWindow;
    private long suppressed;

    /**
     * @param now some {@link System#nanoTime}
     */
    LineBudget(int linesPerSecond, long now) {
        this.linesPerSecond = linesPerSecond;
        this.windowBegan = now;
    }

    /** Whether one more line may be logged; if not, it is counted. */
    boolean takes(long now) {
        if (isOver(now)) {
            windowBegan = now;
            inWindow = 0;
        }
        if (inWindow < linesPerSecond) {
            inWindow++;
            return true;
        }
        suppressed++;
        return false;
    }

    /** Whether the second is over in which the last line came. */
    boolean isOver(long now) {
        return now - windowBegan >= SECOND;
    }

    /** How many lines were not logged since they were last taken. */
    long suppressed() {
        return suppressed;
    }

    /** The same, once. */
    long takeSuppressed() {
        long taken = suppressed;
        suppressed = 0;
        return taken;
    }
}
