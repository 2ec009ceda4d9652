package io.parallite.pool;

import java.time.Duration;

/**
 * When one more on-demand worker is worth its start.
 *
 * <p>The time that a start takes is compared with the work that waits: {@code backlog × typical
 * task ÷ workers}. The typical task is measured; while no worker comes free it is taken to be at
 * least as long as that has lasted, so that one sees at once when tasks become longer.
 *
 * <p>If waiting takes longer than a start, workers are started. Starting keeps a processor busy: on
 * {@code p} processors one start follows the other after {@code start ÷ p}, while a worker that is
 * there serves a task in {@code task}. The backlog is served soonest when new workers take the
 * share {@code p × task ÷ (start + p × task)} of it: nearly all of it when tasks are long beside a
 * start. For tasks that are short beside it, a start costs more than it brings.
 *
 * <p>Owned by the engine's thread.
 */
final class PoolSizing {

    /** The shortest time that a start is taken to need. */
    static final Duration SHORTEST_START = Duration.ofMillis(1);

    private static final Duration LONGEST_START = Duration.ofSeconds(1);
    private static final Duration FIRST_GUESS = Duration.ofMillis(10);
    private static final Duration SHORTEST_LOOK = Duration.ofMillis(1);
    private static final Duration LONGEST_LOOK = Duration.ofMillis(20);

    /** How much of a start a task must take at least for a worker of its own. */
    private static final double WORTHWHILE = 0.25;

    private static final double TASK_SMOOTHING = 0.2;

    /** Starts beside something else take longer, as the first ones do beside that of the daemon. */
    private static final double SLOWER_START_SMOOTHING = 0.1;

    private static final double FASTER_START_SMOOTHING = 0.5;

    /** A start that takes longer than so many times the usual one counts as one that takes that. */
    private static final double LIKELY = 4;

    private final int processors;
    private double typicalStart = FIRST_GUESS.toNanos();
    private double typicalTask = FIRST_GUESS.toNanos();
    private boolean hasServed;

    /**
     * @param processors how many processes can run at once
     */
    PoolSizing(int processors) {
        this.processors = processors;
    }

    /**
     * Takes note that a worker has needed {@code nanos} from its launch until it was ready.
     *
     * @param atOnce how many were starting then: they have shared the processors, and the start of
     *     one alone is what counts
     */
    void onStarted(long nanos, int atOnce) {
        double measured = (double) nanos * processors / Math.max(processors, atOnce);
        double alone = Math.min(measured, LIKELY * typicalStart);
        double smoothing = alone < typicalStart ? FASTER_START_SMOOTHING : SLOWER_START_SMOOTHING;
        typicalStart += smoothing * (alone - typicalStart);
    }

    /** How long a worker mostly needs from its launch until it is ready, in nanoseconds. */
    long typicalStartNanos() {
        return Math.clamp(
                Math.round(typicalStart), SHORTEST_START.toNanos(), LONGEST_START.toNanos());
    }

    /** Takes note that a task kept its worker for {@code nanos}. */
    void onServed(long nanos) {
        typicalTask = hasServed ? typicalTask + TASK_SMOOTHING * (nanos - typicalTask) : nanos;
        hasServed = true;
    }

    /** How long a task mostly keeps its worker, in nanoseconds. */
    long typicalTaskNanos() {
        return (long) typicalTask;
    }

    /**
     * How many on-demand workers to start now.
     *
     * @param backlog tasks that wait, and that no starting worker will take
     * @param workers that serve or start
     * @param sinceOneCameFree nanoseconds since a worker last came free
     */
    int growth(int backlog, int workers, long sinceOneCameFree) {
        if (backlog <= 0) {
            return 0;
        }
        double start = typicalStartNanos();
        // what has lasted for as long as a start is taken to last for as long again
        double lasts = (sinceOneCameFree < start ? 1.0 : 2.0) * (double) sinceOneCameFree;
        double task = Math.max(hasServed ? typicalTask : 0, lasts);
        double wait = Math.max(backlog * task / Math.max(1, workers), (double) sinceOneCameFree);
        if (wait < start || task < WORTHWHILE * start) {
            return 0;
        }
        double share = processors * task / (start + processors * task);
        return Math.max(1, (int) Math.round(backlog * share));
    }

    /** When to look again while tasks wait: when no worker has come free for as long as a start. */
    Duration nextLook(long sinceOneCameFree) {
        long left = typicalStartNanos() - sinceOneCameFree;
        return Duration.ofNanos(Math.clamp(left, SHORTEST_LOOK.toNanos(), LONGEST_LOOK.toNanos()));
    }
}
