package io.parallite.admin;

import io.parallite.dispatch.TaskListener;
import io.parallite.dispatch.TaskRun;
import io.parallite.engine.Engine;
import io.parallite.pool.PoolSnapshot;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.HdrHistogram.IntCountsHistogram;

/**
 * The past of the daemon for the charts of the page, coarser with age: three {@link SampleSeries}
 * of as many samples each, so that a page opened now shows the last day. Owned by the engine's
 * thread.
 */
final class History implements TaskListener {

    private static final Duration EVERY = Duration.ofSeconds(1);

    /** How far back, and how long each sample then is. */
    enum Span {
        /** Five minutes, a sample a second. */
        MINUTES(1),
        /** An hour, a sample every twelve seconds. */
        HOUR(12),
        /** A day, a sample every 288 seconds. */
        DAY(288);

        private final int secondsEach;

        Span(int secondsEach) {
            this.secondsEach = secondsEach;
        }

        /** The one of this name in {@code /api/history}. */
        static Optional<Span> named(String name) {
            return Arrays.stream(values())
                    .filter(span -> span.name().equalsIgnoreCase(name))
                    .findFirst();
        }
    }

    private final Engine engine;
    private final Supplier<PoolSnapshot> pool;
    private final Map<Span, SampleSeries> series = new EnumMap<>(Span.class);
    private final IntCountsHistogram ran = Second.histogram();
    private long lastTaken;
    private long completed;
    private long failed;
    private long cancelled;

    History(Engine engine, Supplier<PoolSnapshot> pool) {
        this.engine = engine;
        this.pool = pool;
        this.lastTaken = engine.nanoTime();
        for (Span span : Span.values()) {
            series.put(span, new SampleSeries(span.secondsEach));
        }
    }

    /** Takes samples from now on, until the daemon ends. */
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
            ran.recordValue(Math.clamp(run.ranNanos() / 1000, 0, Second.LONGEST_MICROS));
        }
    }

    private void takeSample() {
        long taken = engine.nanoTime();
        Second second =
                new Second(
                        engine.epochMillis(),
                        taken - lastTaken,
                        completed,
                        failed,
                        cancelled,
                        ran,
                        pool.get());
        series.values().forEach(each -> each.add(second));
        lastTaken = taken;
        completed = 0;
        failed = 0;
        cancelled = 0;
        ran.reset();
    }

    /** The samples of {@code span} taken after {@code since}, in milliseconds since the epoch. */
    Map<String, Object> since(Span span, long since) {
        SampleSeries known = series.get(span);
        return known == null ? Map.of() : known.since(since);
    }
}
