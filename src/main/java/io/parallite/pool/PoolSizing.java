package io.parallite.pool;

import java.time.Duration;

/**
 * When one more on-demand worker is worth its start.
 *
 * <p>Starting keeps a processor busy: on {@code p} processors, workers become ready one after the
 * other, {@code start ÷ p} apart, however many are started at once. So only {@link #mostAtOnce} are
 * started at a time, and the next ones when these are ready: the first ones serve earlier, and each
 * decision sees what the tasks have taken meanwhile.
 *
 * <p>A worker is started when the tasks that wait, {@code backlog × typical task ÷ workers}, keep
 * the workers busy for longer than it needs to become ready. The typical task is measured. For
 * tasks that are short beside it, a start costs more than it brings.
 *
 * <p>When no worker has come free for longer than tasks usually take, they are of another kind, and
 * nothing is known of their length. A wrong start then costs little, and each start that comes too
 * late costs its whole delay: so a worker is started after a fraction of a start already, and one
 * more each time that has passed again.
 *
 * <p>Owned by the engine's thread.
 */
final class PoolSizing {

    /** The shortest time that a start is taken to need. */
    static final Duration SHORTEST_START = Duration.ofMillis(1);

    private static final Duration LONGEST_START = Duration.ofSeconds(1);
    private static final Duration FIRST_GUESS = Duration.ofMillis(10);

    /** What a start is taken to need that nobody sees end, until one was measured. */
    private static final Duration UNSEEN_START = Duration.ofMillis(100);

    private static final Duration SHORTEST_LOOK = Duration.ofMillis(1);
    private static final Duration LONGEST_LOOK = Duration.ofMillis(20);

    /** How much of a start a task must take at least for a worker of its own. */
    private static final double WORTHWHILE = 0.25;

    /** For how much of a start no worker may come free before tasks count as unusually long. */
    private static final double EARLY = 0.125;

    /** The same at least: a busy system lets a process wait for some milliseconds. */
    private static final Duration EARLIEST = Duration.ofMillis(4);

    /** From how many times the typical task on a task is unusually long. */
    private static final double UNUSUAL = 2;

    /** A burst of long tasks has to be noticed while it lasts. */
    private static final double LONGER_TASK_SMOOTHING = 0.5;

    private static final double SHORTER_TASK_SMOOTHING = 0.2;

    /** Starts beside something else take longer, as the first ones do beside that of the daemon. */
    private static final double SLOWER_START_SMOOTHING = 0.1;

    private static final double FASTER_START_SMOOTHING = 0.5;

    /** A start that takes longer than so many times the usual one counts as one that takes that. */
    private static final double LIKELY = 4;

    private final int processors;
    private double typicalStart = FIRST_GUESS.toNanos();
    private double typicalTask;
    private boolean hasServed;
    private boolean hasStarted;

    /**
     * @param processors how many processes can run at once
     */
    PoolSizing(int processors) {
        this.processors = processors;
    }

    /** How many may start at a time: one more than keeps the processors busy, for the gaps. */
    int mostAtOnce() {
        return processors + 1;
    }

    /**
     * Takes note that a worker has needed {@code nanos} from its launch until it was ready.
     *
     * @param atOnce how many were starting then: they have shared the processors, and the start of
     *     one alone is what counts
     */
    void onStarted(long nanos, int atOnce) {
        double measured = (double) Math.max(0, nanos) * processors / Math.max(processors, atOnce);
        double alone = Math.min(measured, LIKELY * typicalStart);
        double smoothing = alone < typicalStart ? FASTER_START_SMOOTHING : SLOWER_START_SMOOTHING;
        typicalStart += smoothing * (alone - typicalStart);
        hasStarted = true;
    }

    /**
     * Takes note that a worker runs whose script does not say when it is ready: its start is
     * measured by its first answer, if at all.
     */
    void onUnseenStart() {
        if (!hasStarted) {
            typicalStart = UNSEEN_START.toNanos();
        }
    }

    /** How long a worker mostly needs from its launch until it is ready, in nanoseconds. */
    long typicalStartNanos() {
        return Math.clamp(
                Math.round(typicalStart), SHORTEST_START.toNanos(), LONGEST_START.toNanos());
    }

    /** Takes note that a task kept its worker for {@code nanos}. */
    void onServed(long nanos) {
        double smoothing = nanos > typicalTask ? LONGER_TASK_SMOOTHING : SHORTER_TASK_SMOOTHING;
        typicalTask = hasServed ? typicalTask + smoothing * (nanos - typicalTask) : nanos;
        hasServed = true;
    }

    /** Whether a task was measured. */
    boolean hasServed() {
        return hasServed;
    }

    /** How long a task mostly keeps its worker, in nanoseconds. */
    long typicalTaskNanos() {
        return hasServed ? (long) typicalTask : FIRST_GUESS.toNanos();
    }

    /**
     * How many on-demand workers to start now.
     *
     * @param backlog tasks that wait
     * @param serving workers that serve
     * @param starting workers that start
     * @param sinceOneCameFree nanoseconds since a worker last came free
     */
    int growth(int backlog, int serving, int starting, long sinceOneCameFree) {
        int most = Math.min(backlog, mostAtOnce()) - starting;
        if (serving + starting == 0) {
            return most;
        }
        long suspected = sinceOneCameFree / unusualNanos();
        int count = 0;
        while (count < most
                && (starting + count < suspected
                        || pays(backlog, serving, starting + count, sinceOneCameFree))) {
            count++;
        }
        return count;
    }

    /** From when on tasks, which no worker has ended since, count as unusually long. */
    private long unusualNanos() {
        double early = Math.max((double) EARLIEST.toNanos(), EARLY * (double) typicalStartNanos());
        return (long) Math.max(early, UNUSUAL * typicalTask);
    }

    /** Whether one more worker beside those that start is ready before others are free. */
    private boolean pays(int backlog, int serving, int starting, long sinceOneCameFree) {
        double start = (double) typicalStartNanos();
        double wait = (backlog - starting) * typicalTask / (serving + starting);
        double ready = start * Math.max(1.0, (starting + 1.0) / processors);
        return typicalTask >= WORTHWHILE * start
                && Math.max(wait, (double) sinceOneCameFree) >= ready;
    }

    /** When to look again while tasks wait: each time that makes them longer, and now and then. */
    Duration nextLook(long sinceOneCameFree) {
        long unusual = unusualNanos();
        long left = unusual - sinceOneCameFree % unusual;
        return Duration.ofNanos(Math.clamp(left, SHORTEST_LOOK.toNanos(), LONGEST_LOOK.toNanos()));
    }
}
