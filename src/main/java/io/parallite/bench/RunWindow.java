package io.parallite.bench;

import io.parallite.bench.BenchPlan.ForDuration;
import io.parallite.bench.BenchPlan.ForTasks;
import java.time.Duration;

/**
 * The phases of a run in time: warm-up, the measured window, then waiting for what is in flight.
 *
 * <p>The generator calls {@link #turn} often; the window opens and closes at the first call behind
 * its bounds, and its length is what passed between those two. Moments are nanoseconds.
 */
final class RunWindow {

    /** How far a run has come. */
    enum Phase {
        WARM_UP,
        MEASURING,
        WAITING
    }

    private final Measurements measurements;
    private final long opensAt;
    private final long closesAt;
    private Phase phase = Phase.WARM_UP;
    private long openedAt;
    private long elapsed;

    RunWindow(BenchPlan.Extent extent, long start, Measurements measurements) {
        this.measurements = measurements;
        switch (extent) {
            case ForDuration(Duration warmUp, Duration measured) -> {
                opensAt = start + warmUp.toNanos();
                closesAt = opensAt + measured.toNanos();
            }
            case ForTasks _ -> {
                opensAt = start;
                closesAt = Long.MAX_VALUE;
            }
        }
    }

    Phase phase() {
        return phase;
    }

    /** The moment after which no task is sent. */
    long closesAt() {
        return closesAt;
    }

    /** The measured time; final once the run has ended. */
    Duration elapsed() {
        return Duration.ofNanos(elapsed);
    }

    /** The next moment at which {@link #turn} has something to do, or the given one if sooner. */
    long nextTurn(long now, long other) {
        long bound = now < opensAt ? opensAt : closesAt;
        return bound > now ? Math.min(bound, other) : other;
    }

    /** Opens or closes the window if its time has come. */
    void turn(long now) {
        if (phase == Phase.WARM_UP && now >= opensAt) {
            openedAt = now;
            enter(Phase.MEASURING, now);
        }
        if (phase == Phase.MEASURING && now >= closesAt) {
            end(now);
        }
    }

    /** Closes the window early, at the end of the run. */
    void end(long now) {
        if (phase == Phase.MEASURING) {
            elapsed = now - openedAt;
        }
        enter(Phase.WAITING, now);
    }

    private void enter(Phase next, long now) {
        if (phase != next) {
            phase = next;
            measurements.window(next == Phase.MEASURING, now);
        }
    }
}
