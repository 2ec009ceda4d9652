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
 * Counts every task that ends and measures how long it waited and ran. The counts of all outcomes
 * are there from the start, so that the first failure is an increase; the durations of an outcome,
 * which are many series, come into being with its first task. Owned by the engine's thread; the
 * meters themselves are read by others.
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

    private final MeterRegistry registry;
    private final Timer wait;
    private final Map<String, Counter> tasks = new HashMap<>();
    private final Map<String, Timer> durations = new HashMap<>();

    TaskMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.wait =
                Timer.builder("parallite.task.wait")
                        .description("How long tasks that got a worker had waited for it")
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry);
        Outcome.all().forEach(outcome -> tasks.put(outcome, counter(outcome)));
        durations.put(Outcome.OK, timer(Outcome.OK));
    }

    private Counter counter(String outcome) {
        return Counter.builder("parallite.tasks")
                .description("Tasks that have ended, by how: ok, or why not")
                .tag("outcome", outcome)
                .register(registry);
    }

    private Timer timer(String outcome) {
        return Timer.builder("parallite.task.duration")
                .description("How long tasks were on their worker, by how they ended")
                .tag("outcome", outcome)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    @Override
    public void onEnded(TaskRun run) {
        String outcome = Outcome.of(run);
        tasks.computeIfAbsent(outcome, this::counter).increment();
        if (run.worker() != null) {
            wait.record(run.queuedNanos(), TimeUnit.NANOSECONDS);
            durations
                    .computeIfAbsent(outcome, this::timer)
                    .record(run.ranNanos(), TimeUnit.NANOSECONDS);
        }
    }
}
