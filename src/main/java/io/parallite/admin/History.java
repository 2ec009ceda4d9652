package io.parallite.admin;

import io.parallite.dispatch.TaskListener;
import io.parallite.dispatch.TaskRun;
import io.parallite.engine.Engine;
import io.parallite.pool.PoolSnapshot;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.HdrHistogram.IntCountsHistogram;
import org.jspecify.annotations.Nullable;

/**
 * The last five minutes, a sample a second, for the charts of the page: they show the time before
 * the page was opened. Owned by the engine's thread.
 */
final class History implements TaskListener {

    /** The values of each sample, in this order; durations in milliseconds. */
    static final List<String> FIELDS =
            List.of(
                    "at",
                    "completed",
                    "failed",
                    "cancelled",
                    "ran_p50",
                    "ran_p99",
                    "queued",
                    "busy",
                    "workers");

    static final int KEPT = 300;

    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final long LONGEST_MICROS = Duration.ofDays(1).toNanos() / 1000;
    private static final int DIGITS = 2;
    private static final double MICROS_PER_MILLI = 1000;
    private static final double NANOS_PER_SECOND = 1_000_000_000;

    /**
     * One second; a sample taken late covers more, and gives rates a second all the same.
     *
     * @param at its end, in milliseconds since the epoch
     * @param row the values of {@link #FIELDS}; percentiles are null when no task had run
     */
    private record Sample(long at, List<@Nullable Object> row) {}

    private final Engine engine;
    private final Supplier<PoolSnapshot> pool;
    private final ArrayDeque<Sample> samples = new ArrayDeque<>(KEPT);
    private final IntCountsHistogram ran = new IntCountsHistogram(LONGEST_MICROS, DIGITS);
    private long lastTaken;
    private long completed;
    private long failed;
    private long cancelled;

    History(Engine engine, Supplier<PoolSnapshot> pool) {
        this.engine = engine;
        this.pool = pool;
        this.lastTaken = engine.nanoTime();
    }

    /** Begins to take samples, and goes on until the daemon ends. */
    void start() {
        engine.schedule(
                EVERY,
                () -> {
                    takeSample();
                    start();
                });
    }

    @Override
    public void onEnded(TaskRun run) {
        switch (run.outcome().state()) {
            case COMPLETED -> completed++;
            case CANCELLED -> cancelled++;
            case FAILED, PENDING, RUNNING -> failed++;
        }
        if (run.worker() != null) {
            ran.recordValue(Math.clamp(run.ranNanos() / 1000, 0, LONGEST_MICROS));
        }
    }

    private void takeSample() {
        if (samples.size() == KEPT) {
            samples.removeFirst();
        }
        long taken = engine.nanoTime();
        double seconds = Math.max(1, taken - lastTaken) / NANOS_PER_SECOND;
        lastTaken = taken;
        PoolSnapshot now = pool.get();
        long at = engine.epochMillis();
        List<@Nullable Object> row =
                Arrays.asList(
                        at,
                        completed / seconds,
                        failed / seconds,
                        cancelled / seconds,
                        percentile(50),
                        percentile(99),
                        now.queued(),
                        now.busy(),
                        now.workers().size());
        samples.addLast(new Sample(at, row));
        completed = 0;
        failed = 0;
        cancelled = 0;
        ran.reset();
    }

    private @Nullable Double percentile(double share) {
        return ran.getTotalCount() == 0 ? null : ran.getValueAtPercentile(share) / MICROS_PER_MILLI;
    }

    /** The samples taken after {@code since}, in milliseconds since the epoch. */
    Map<String, Object> since(long since) {
        List<List<@Nullable Object>> rows = new ArrayList<>();
        for (Sample sample : samples) {
            if (sample.at() > since) {
                rows.add(sample.row());
            }
        }
        return Map.of("fields", FIELDS, "rows", rows);
    }
}
