package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.units.Texts;
import io.parallite.wire.Events;
import io.parallite.wire.Excerpt;
import io.parallite.worker.Worker;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Logs each task that runs for longer than {@code slow_task_ms}, once, with its PHP stack.
 *
 * <p>All workers are looked at periodically, so that a task costs nothing; a slow one is logged
 * late by a fifth of the limit, or by two seconds at most. The worker itself sends the stack, on
 * SIGUSR2, if its hello lists {@code stack}.
 *
 * <p>A signal would end a call that waits, such as {@code sleep()}, and so change what the task
 * does. Therefore only a process gets one that has computed from one look to the next: that it runs
 * at the moment of a look does not say where the signal will find it. A task that waits is logged
 * without its stack; that follows in a line of its own when a later look finds PHP computing. Owned
 * by the engine's thread.
 */
final class SlowTasks {

    private static final Logger LOG = Logger.getLogger(SlowTasks.class);

    static final Duration STACK_PATIENCE = Duration.ofMillis(500);

    private static final String UNKNOWN = "; its stack is not known";
    private static final String WAITS =
            "; it waits for something, and its stack follows when PHP runs again";

    private static final int LOOKS = 10;
    private static final Duration SHORTEST_STEP = Duration.ofMillis(20);
    private static final Duration LONGEST_STEP = Duration.ofSeconds(1);

    /**
     * A task that has been found slow.
     *
     * @param since when it was leased, which distinguishes two tasks of one id
     * @param timer runs while the stack is awaited
     * @param isLogged whether its line has been written
     * @param isOpen whether the worker is yet to be asked for the stack
     */
    private record Found(
            String task,
            long since,
            Engine.@Nullable Timer timer,
            boolean isLogged,
            boolean isOpen) {

        boolean isOf(Worker worker) {
            return since == worker.history().leasedAt() && task.equals(worker.currentTask());
        }
    }

    private final Engine engine;
    private final Supplier<Duration> limit;
    private final Supplier<Collection<Worker>> workers;
    private final Map<Worker, Found> found = new HashMap<>();
    private Engine.@Nullable Timer timer;

    /**
     * @param limit from which on a task is slow; zero for never
     */
    SlowTasks(Engine engine, Supplier<Duration> limit, Supplier<Collection<Worker>> workers) {
        this.engine = engine;
        this.limit = limit;
        this.workers = workers;
    }

    /** Starts looking, or looks as often as the limit asks for from now on; may end it. */
    void start() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (limit.get().isPositive()) {
            schedule();
        }
    }

    private void schedule() {
        Duration step = limit.get().dividedBy(LOOKS);
        if (step.compareTo(SHORTEST_STEP) < 0) {
            step = SHORTEST_STEP;
        } else if (step.compareTo(LONGEST_STEP) > 0) {
            step = LONGEST_STEP;
        }
        timer = engine.schedule(step, this::look);
    }

    private void look() {
        found.entrySet().removeIf(entry -> hasEnded(entry.getKey(), entry.getValue()));
        for (Worker worker : workers.get()) {
            String task = worker.currentTask();
            Found known = found.get(worker);
            if (task != null && known == null && isSlow(worker)) {
                onSlow(worker, task);
            } else if (known != null && known.isOpen) {
                lookAgain(worker, known);
            }
        }
        schedule();
    }

    private static boolean hasEnded(Worker worker, Found slow) {
        return slow.timer == null && !slow.isOf(worker);
    }

    private boolean isSlow(Worker worker) {
        return worker.history().nanosSinceLease() >= limit.get().toNanos();
    }

    private void onSlow(Worker worker, String task) {
        boolean tells = worker.tellsStacks();
        Found slow = new Found(task, worker.history().leasedAt(), null, !tells, tells);
        found.put(worker, slow);
        if (!tells) {
            log(worker, slow, UNKNOWN);
        } else if (worker.askForStack()) {
            await(worker, slow);
        }
    }

    private void lookAgain(Worker worker, Found slow) {
        if (worker.askForStack()) {
            await(worker, slow);
        } else if (!slow.isLogged) {
            log(worker, slow, WAITS);
            found.put(worker, new Found(slow.task, slow.since, null, true, true));
        }
    }

    private void await(Worker worker, Found slow) {
        Engine.Timer impatience = engine.schedule(STACK_PATIENCE, () -> settle(worker, UNKNOWN));
        found.put(worker, new Found(slow.task, slow.since, impatience, slow.isLogged, false));
    }

    /** A worker has sent the stack of its task; ignored unless it was asked for it. */
    void onStack(Worker worker, byte[] frame) {
        Found slow = found.get(worker);
        if (slow != null && slow.timer != null && slow.isOf(worker)) {
            String stack = Events.stack(frame);
            settle(worker, stack.isEmpty() ? UNKNOWN : ", it is at " + Excerpt.oneLine(stack));
        }
    }

    private void settle(Worker worker, String where) {
        Found slow = found.get(worker);
        if (slow == null || slow.timer == null) {
            return;
        }
        slow.timer.cancel();
        found.put(worker, new Found(slow.task, slow.since, null, true, false));
        if (!slow.isLogged || !where.equals(UNKNOWN)) {
            log(worker, slow, where);
        }
    }

    private void log(Worker worker, Found slow, String where) {
        LOG.warnf(
                "task has run for %d ms, longer than slow_task_ms=%d%s worker=%s pid=%d task=%s",
                Duration.ofNanos(engine.nanoTime() - slow.since).toMillis(),
                limit.get().toMillis(),
                where,
                worker.name(),
                worker.pid(),
                Texts.word(slow.task));
    }

    /** Stops looking. */
    void close() {
        if (timer != null) {
            timer.cancel();
        }
        for (Found slow : found.values()) {
            if (slow.timer != null) {
                slow.timer.cancel();
            }
        }
        found.clear();
    }
}
