package io.parallite.worker;

import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How worn one worker is: tasks, memory, age, against the limits of {@link Recycling}.
 *
 * <p>Whoever replaces workers is told a little before the last task, so that the successor boots
 * meanwhile; how long before, follows from the pace of the last tasks. Memory and age are told when
 * they are over the limit; the worker may go on until its successor is there. Owned by the engine's
 * thread.
 */
public final class RecyclingMonitor {

    /** How often a worker's memory is looked at, at most; the look takes some 20 µs. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** How long a worker that is too old waits to be told so again, should it still be there. */
    private static final Duration REMINDER = Duration.ofSeconds(30);

    /** Over how many tasks the pace is measured. */
    private static final int WINDOW = 32;

    private final Engine engine;
    private final Recycling limits;
    private final Duration ttl;
    private final LongUnaryOperator residentBytes;
    private Consumer<EndReason> onWorn = reason -> {};
    private Engine.@Nullable Timer age;
    private long pid;
    private long lastLook;
    private long windowBegan;
    private long windowServed;
    private double nanosPerTask = Double.POSITIVE_INFINITY;
    private boolean toldOfLastTask;

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

    /** The worker is ready; {@code onWorn} is told when it should be replaced, and why. */
    void begin(long workerPid, Consumer<EndReason> tell) {
        pid = workerPid;
        onWorn = tell;
        windowBegan = engine.nanoTime();
        lastLook = windowBegan;
        if (ttl.isPositive()) {
            age = engine.schedule(ttl, this::onAge);
        }
    }

    private void onAge() {
        age = engine.schedule(REMINDER, this::onAge);
        onWorn.accept(EndReason.RECYCLED_TTL);
    }

    /**
     * The worker gets a task after {@code served} others.
     *
     * @param startNanos how long a successor takes to start
     */
    void onLeased(long served, long startNanos) {
        if (limits.maxTasks() == 0 || toldOfLastTask) {
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
            toldOfLastTask = true;
            onWorn.accept(EndReason.RECYCLED_TASKS);
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
            onWorn.accept(EndReason.RECYCLED_MEMORY);
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
        onWorn = reason -> {};
        if (age != null) {
            age.cancel();
            age = null;
        }
    }
}
