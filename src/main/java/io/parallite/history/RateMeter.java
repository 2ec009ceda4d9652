package io.parallite.history;

/** How many tasks ended in each of the last 60 seconds. Owned by one thread. */
final class RateMeter {

    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final int MINUTE = 60;
    private static final int SECONDS = MINUTE + 1;

    private final long[] counts = new long[SECONDS];
    private final long first;
    private long current;

    /** A meter that begins at the time {@code now}, of {@code Engine.nanoTime}. */
    RateMeter(long now) {
        first = Math.floorDiv(now, SECOND_NANOS);
        current = first;
    }

    void count(long now) {
        advance(now);
        counts[at(current)]++;
    }

    /** How many there were in the last second that is over. */
    double lastSecond(long now) {
        advance(now);
        return counts[at(current - 1)];
    }

    /** How many there were a second on the average of the last minute that is over. */
    double lastMinute(long now) {
        advance(now);
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        sum -= counts[at(current)];
        return (double) sum / Math.clamp(current - first, 1, MINUTE);
    }

    private void advance(long now) {
        long second = Math.floorDiv(now, SECOND_NANOS);
        for (long i = Math.max(current + 1, second - MINUTE); i <= second; i++) {
            counts[at(i)] = 0;
        }
        current = second;
    }

    private static int at(long second) {
        return (int) Math.floorMod(second, (long) SECONDS);
    }
}
