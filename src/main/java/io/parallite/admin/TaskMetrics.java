package io.parallite.admin;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.parallite.dispatch.TaskListener;
import io.parallite.dispatch.TaskRun;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Counts every task that ends and measures how long it waited and ran. The meters of an outcome
 * come into being with its first task, but {@code ok} is there from the start. Owned by the
 * engine's thread; the meters themselves are read by others.
 */
final class TaskMetrics implements TaskListener {

    /** From what a closure that does nothing takes up to a quarter of an hour. */
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(1),
        Duration.ofMinutes(5),
        Duration.ofMinutes(15),
    };

    private record Meters(Counter tasks, Timer duration) {}

    private final MeterRegistry registry;
    private final Timer wait;
    private final Map<String, Meters> byOutcome = new HashMap<>();

    TaskMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.wait =
                Timer.builder("parallite.task.wait")
                        .description("How long tasks that got a worker had waited for it")
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry);
        byOutcome.put(Outcome.OK, meters(Outcome.OK));
    }

    private Meters meters(String outcome) {
        return new Meters(
                Counter.builder("parallite.tasks")
                        .description("Tasks that have ended, by how: ok, or why not")
                        .tag("outcome", outcome)
                        .register(registry),
                Timer.builder("parallite.task.duration")
                        .description("How long tasks were on their worker, by how they ended")
                        .tag("outcome", outcome)
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry));
    }

    @Override
    public void onEnded(TaskRun run) {
        Meters meters = byOutcome.computeIfAbsent(Outcome.of(run), this::meters);
        meters.tasks.increment();
        if (run.worker() != null) {
            wait.record(run.queuedNanos(), TimeUnit.NANOSECONDS);
            meters.duration.record(run.ranNanos(), TimeUnit.NANOSECONDS);
        }
    }
}
