package io.parallite.worker;

import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Compares one worker's tasks, memory and age with the limits of {@link Recycling}.
 *
 * <p>The limit of tasks is reported a little before the last one, so that the successor boots
 * meanwhile; how long before follows from the pace of the last tasks. Memory and age are reported
 * when they exceed their limits; the worker may go on until its successor is ready. Owned by the
 * engine's thread.
 */
public final class RecyclingMonitor {

    /** How often a worker's memory is looked at, at most; the look takes some 20 µs. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** After how long the age of a worker that is still there is reported again. */
    private static final Duration REMINDER = Duration.ofSeconds(30);

    /** Over how many tasks the pace is measured. */
    private static final int WINDOW = 32;

    private final Engine engine;
    private final Recycling limits;
    private final Duration ttl;
    private final LongUnaryOperator residentBytes;
    private Consumer<EndReason> onLimit = reason -> {};
    private Engine.@Nullable Timer age;
    private long pid;
    private long lastLook;
    private long windowBegan;
    private long windowServed;
    private double nanosPerTask = Double.POSITIVE_INFINITY;
    private boolean isLastTaskReported;

    /**
     * @param ttl the age limit for this worker, jittered; zero for none
     * @param residentBytes tells a process's memory, 0 when it cannot be known
     */
    public RecyclingMonitor(
            Engine engine, Recycling limits, Duration ttl, LongUnaryOperator residentBytes) {
        this.engine = engine;
        this.limits = limits;
        this.ttl = ttl;
        this.residentBytes = residentBytes;
    }

    /** The worker is ready; {@code report} is called when it should be replaced, and why. */
    void begin(long workerPid, Consumer<EndReason> report) {
        pid = workerPid;
        onLimit = report;
        windowBegan = engine.nanoTime();
        lastLook = windowBegan;
        if (ttl.isPositive()) {
            age = engine.schedule(ttl, this::onAge);
        }
    }

    private void onAge() {
        age = engine.schedule(REMINDER, this::onAge);
        onLimit.accept(EndReason.RECYCLED_TTL);
    }

    /**
     * The worker gets a task after {@code served} others.
     *
     * @param startNanos how long a successor takes to start
     */
    void onLeased(long served, long startNanos) {
        if (limits.maxTasks() == 0 || isLastTaskReported) {
            return;
        }
        if (served - windowServed >= WINDOW) {
            long now = engine.nanoTime();
            nanosPerTask = (double) (now - windowBegan) / (served - windowServed);
            windowBegan = now;
            windowServed = served;
        }
        long left = limits.maxTasks() - served;
        if (left <= 1 || left * nanosPerTask <= 2.0 * startNanos) {
            isLastTaskReported = true;
            onLimit.accept(EndReason.RECYCLED_TASKS);
        }
    }

    /** Whether the worker, which has answered {@code served} tasks, may not have another one. */
    boolean isUsedUp(long served) {
        return limits.maxTasks() > 0 && served >= limits.maxTasks();
    }

    /** Looks at the worker's memory between two tasks, unless it has just done so. */
    void lookAtMemory() {
        if (limits.maxMemoryBytes() == 0) {
            return;
        }
        long now = engine.nanoTime();
        if (now - lastLook < LOOK.toNanos()) {
            return;
        }
        lastLook = now;
        if (residentBytes.applyAsLong(pid) > limits.maxMemoryBytes()) {
            onLimit.accept(EndReason.RECYCLED_MEMORY);
        }
    }

    /**
     * Why a worker leaves that has announced its end with the reply to its task.
     *
     * @param ok whether the task had succeeded: {@code exit()} and fatal errors fail theirs
     */
    EndReason announced(long served, boolean ok) {
        if (isUsedUp(served)) {
            return EndReason.RECYCLED_TASKS;
        }
        return ok && limits.maxMemoryBytes() > 0 ? EndReason.RECYCLED_MEMORY : EndReason.EXITED;
    }

    /** The worker ends. */
    void close() {
        onLimit = reason -> {};
        if (age != null) {
            age.cancel();
            age = null;
        }
    }
}
