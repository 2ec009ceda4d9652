package io.parallite.worker;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The bounded pool of PHP workers and the queue in front of it.
 *
 * <p>Persistent workers fill numbered slots and are replaced when they end: at once when we ended
 * them or they ended in good order, after a growing delay when they crash. On-demand workers are
 * started when tasks wait and none of the others comes free (see {@link PoolSizing}), run one task
 * and end. A process counts against the maximum until it is known to be gone.
 *
 * <p>Owned by the engine's thread.
 */
public final class WorkerPool implements Worker.Owner {

    private static final Logger LOG = Logger.getLogger(WorkerPool.class);

    private final Engine engine;
    private final WorkerTransport transport;
    private final PoolSettings settings;
    private final PoolSizing sizing;

    private final TaskQueue queue = new TaskQueue(this::onLaneReleased);
    private final Deadline queueDeadline;
    private final Deadline pressure;

    private final Map<String, Slot> slots = new LinkedHashMap<>();
    private final Set<Worker> workers = new LinkedHashSet<>();
    private final ArrayDeque<Worker> idle = new ArrayDeque<>();
    private final Backoff startBackoff;
    private @Nullable TaskException startFailure;
    private long noStartsBefore;
    private int starting;
    private int failedStarts;
    private long lastFreed;
    private long lastTimestamp;
    private boolean stopping;
    private @Nullable Runnable onEmpty;

    /**
     * A pool that has started nothing yet.
     *
     * @param random for the jitter of restart delays
     */
    public WorkerPool(
            Engine engine,
            WorkerTransport transport,
            PoolSettings settings,
            RandomGenerator random) {
        this.engine = engine;
        this.transport = transport;
        this.settings = settings;
        this.sizing = new PoolSizing(settings.max());
        this.queueDeadline = new Deadline(engine, this::onQueueDeadline);
        this.pressure = new Deadline(engine, this::onPressure);
        this.startBackoff = new Backoff(random);
        this.noStartsBefore = engine.nanoTime();
        for (int number = 1; number <= settings.fixed(); number++) {
            WorkerName name = WorkerName.persistent(settings.prefix(), number);
            slots.put(name.value(), new Slot(name, new Backoff(random)));
        }
    }

    /** Starts the persistent workers, side by side. */
    public void start() {
        slots.values().forEach(this::fill);
    }

    /** A new lane of the task queue, for one client session. */
    public Lane newLane() {
        return queue.newLane();
    }

    /**
     * Waits for a worker, runs {@code work} with the lease of it, and takes the worker back when
     * {@code work} has ended in whatever way.
     *
     * <p>Fails with a {@link TaskException}: {@code QUEUE_FULL}, {@code QUEUE_TIMEOUT}, {@code
     * WORKER_START_FAILED}, {@code SHUTTING_DOWN}, or what {@code work} fails with. Cancelling
     * takes the task out of the queue, or cancels {@code work}.
     */
    public <T> Uni<T> withWorker(Task task, Lane lane, Function<WorkerLease, Uni<T>> work) {
        return lend(acquire(task, lane, engine.nanoTime(), this::admit), work);
    }

    /**
     * The same for a task that has had a worker which ended before it read it: the task goes first
     * in its lane, and a full queue does not refuse it.
     */
    public <T> Uni<T> withAnotherWorker(Task task, Lane lane, Function<WorkerLease, Uni<T>> work) {
        return lend(
                acquire(task, lane, lane.waitsSince(engine.nanoTime()), this::admitAgain), work);
    }

    private static <T> Uni<T> lend(Uni<WorkerLease> acquired, Function<WorkerLease, Uni<T>> work) {
        return acquired.onItem()
                .transformToUni(
                        lease -> begin(lease, work).onTermination().invoke(lease::giveBack));
    }

    private static <T> Uni<T> begin(WorkerLease lease, Function<WorkerLease, Uni<T>> work) {
        try {
            return work.apply(lease);
        } catch (RuntimeException e) {
            return Uni.createFrom().failure(e);
        }
    }

    private Uni<WorkerLease> acquire(Task task, Lane lane, long since, Consumer<Waiter> admission) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Waiter waiter = new Waiter(task, lane, since, emitter);
                            emitter.onTermination(() -> queue.withdraw(waiter));
                            admission.accept(waiter);
                        });
    }

    private void admitAgain(Waiter waiter) {
        if (stopping || startFailure != null && !hasProspect() && mayNotStartYet()) {
            waiter.refuse(Objects.requireNonNull(refusal()));
            return;
        }
        queue.addFirst(waiter);
        onQueued();
    }

    private void admit(Waiter waiter) {
        if (!idle.isEmpty() && queue.size() == 0 && !waiter.lane.isHeld()) {
            grant(idle.remove(), waiter);
            return;
        }
        TaskException refusal = refusal();
        if (refusal != null) {
            waiter.refuse(refusal);
            return;
        }
        queue.add(waiter);
        onQueued();
    }

    private void onQueued() {
        serve();
        if (!queueDeadline.isArmed()) {
            queueDeadline.arm(settings.queueTimeout());
        }
        growIfNobodyWorks();
        watchPressure();
    }

    private @Nullable TaskException refusal() {
        if (stopping) {
            return shuttingDown();
        }
        if (startFailure != null && !hasProspect() && mayNotStartYet()) {
            return startFailure;
        }
        int expected = idle.size() + starting + sizing.headroom(workers.size());
        if (queue.size() >= settings.maxQueue() + expected) {
            return new TaskException(
                    FailureKind.QUEUE_FULL,
                    "%d tasks are waiting and max_queue=%d; submit fewer at once, or raise max_queue or max_workers=%d"
                            .formatted(queue.size(), settings.maxQueue(), settings.max()));
        }
        return null;
    }

    private void grant(Worker worker, Waiter waiter) {
        waiter.grant(worker.lease());
    }

    /** Brings idle workers and waiting tasks together. */
    private void serve() {
        while (!idle.isEmpty()) {
            Waiter next = queue.poll();
            if (next == null) {
                return;
            }
            grant(idle.remove(), next);
        }
    }

    @Override
    public void onIdle(Worker worker) {
        long now = engine.nanoTime();
        if (worker.busySince() == 0) {
            onStarted(worker);
        } else {
            sizing.onServed(now - worker.busySince());
        }
        lastFreed = now;
        if (stopping) {
            worker.end();
            return;
        }
        Waiter next = queue.poll();
        if (next != null) {
            grant(worker, next);
        } else if (worker.name().persistent()) {
            idle.addFirst(worker);
        } else {
            worker.end(); // what it was started for has been served by another
        }
    }

    private void onStarted(Worker worker) {
        starting--;
        startFailure = null;
        failedStarts = 0;
        startBackoff.reset();
        sizing.onStarted(engine.nanoTime() - worker.launchedAt());
        LOG.debugf("worker joined the pool worker=%s pid=%d", worker.name(), worker.pid());
    }

    @Override
    public void onEnding(Worker worker) {
        idle.remove(worker);
    }

    @Override
    public void onStartFailed(Worker worker, TaskException why) {
        starting--;
        forget(worker);
        onNoStart(worker, why);
    }

    @Override
    public void onGone(Worker worker, WorkerEnding ending) {
        boolean wasStarting = worker.busySince() == 0 && worker.pid() == 0;
        if (wasStarting) {
            starting--;
        }
        forget(worker);
        Slot slot = slots.get(worker.name().value());
        String fault = worker.ownFault(ending);
        if (slot != null) {
            slot.onEnded(worker.served(), worker.brokeProtocol());
        }
        boolean cannotStart = !worker.wasProven() && !worker.wasKilledFromOutside(ending);
        if (fault != null && (cannotStart || slot != null && slot.isFutile())) {
            onNoStart(
                    worker,
                    new WorkerStartException(
                            "worker %s %s before it answered a task; check worker_script and php_includes"
                                    .formatted(worker.name(), fault)));
            return;
        }
        if (slot != null && !stopping) {
            boolean inOrder =
                    worker.wasKilled()
                            || worker.hadAnnouncedEnd()
                            || worker.served() > 0 && ending.exitStatus() == 0;
            Duration delay = inOrder ? Duration.ZERO : slot.backoff.next();
            logReplacement(worker, ending, delay);
            fillAfter(slot, delay);
        }
        growIfNobodyWorks();
        watchPressure();
    }

    private static void logReplacement(Worker worker, WorkerEnding ending, Duration delay) {
        Logger.Level level = delay.isZero() ? Logger.Level.DEBUG : Logger.Level.WARN;
        LOG.logf(
                level,
                "worker is replaced in %d ms: it %s worker=%s pid=%d",
                delay.toMillis(),
                ending.describe(),
                worker.name(),
                worker.pid());
    }

    /** A worker was not to be had; when there is no other in sight, those who wait are told why. */
    private void onNoStart(Worker worker, TaskException why) {
        if (stopping) {
            return;
        }
        Slot slot = slots.get(worker.name().value());
        Duration delay = slot == null ? startBackoff.next() : slot.backoff.next();
        boolean mayBeChance = why instanceof WorkerStartException e && e.isBySignal();
        failedStarts++;
        if (mayBeChance && failedStarts == 1) {
            LOG.warnf("%s; next attempt in %d ms", why.explanation(), delay.toMillis());
            if (slot != null) {
                fillAfter(slot, delay);
            }
            growIfNobodyWorks();
            watchPressure();
            return;
        }
        startFailure = why;
        noStartsBefore = engine.nanoTime() + delay.toNanos();
        LOG.warnf("%s; next attempt in %d ms", why.explanation(), delay.toMillis());
        if (slot != null) {
            fillAfter(slot, delay);
        }
        if (!hasProspect()) {
            queue.takeAll().forEach(waiter -> waiter.refuse(why));
        }
    }

    private void fillAfter(Slot slot, Duration delay) {
        slot.cancelRestart();
        slot.restarts++;
        if (delay.isZero()) {
            fill(slot);
            return;
        }
        slot.restart =
                engine.schedule(
                        delay,
                        () -> {
                            slot.restart = null;
                            fill(slot);
                        });
    }

    private void fill(Slot slot) {
        if (!stopping) {
            launch(slot.name);
        }
    }

    private void launch(WorkerName name) {
        Worker worker = new Worker(name, engine, this);
        workers.add(worker);
        starting++;
        worker.start(transport);
    }

    /** Whether a worker is there or on its way. */
    private boolean hasProspect() {
        return starting > 0 || workers.stream().anyMatch(Worker::isInService);
    }

    private boolean mayNotStartYet() {
        return engine.nanoTime() - noStartsBefore < 0;
    }

    /** Tasks wait, and nobody runs or is about to: waiting longer can bring nothing. */
    private void growIfNobodyWorks() {
        if (queue.size() > 0 && !hasProspect()) {
            grow(queue.size());
        }
    }

    private void watchPressure() {
        if (queue.size() > 0 && !pressure.isArmed()) {
            pressure.arm(PoolSizing.SHORTEST_START);
        }
    }

    private void onPressure() {
        Waiter oldest = queue.oldest();
        if (oldest == null || stopping) {
            return;
        }
        long now = engine.nanoTime();
        grow(sizing.growth(now - lastFreed, now - oldest.since));
        watchPressure();
    }

    /** Starts up to {@code most} on-demand workers, for tasks that no starting worker will take. */
    private void grow(int most) {
        if (most == 0 || startFailure != null && mayNotStartYet() || !queue.isServable()) {
            return;
        }
        int unserved = Math.min(most, queue.size() - starting);
        int wanted = Math.min(unserved, sizing.headroom(workers.size() + vacant()));
        for (int i = 0; i < wanted; i++) {
            lastTimestamp = Math.max(lastTimestamp + 1, engine.epochMillis());
            launch(WorkerName.onDemand(settings.prefix(), lastTimestamp));
        }
    }

    /** Slots whose next worker waits for its delay: their places are not for on-demand workers. */
    private int vacant() {
        int vacant = 0;
        for (Slot slot : slots.values()) {
            if (slot.restart != null) {
                vacant++;
            }
        }
        return vacant;
    }

    private void onQueueDeadline() {
        long limit = settings.queueTimeout().toNanos();
        for (Waiter late : queue.takeQueuedUntil(engine.nanoTime() - limit)) {
            late.refuse(
                    new TaskException(
                            FailureKind.QUEUE_TIMEOUT,
                            "task waited queue_timeout_ms=%d for one of %d workers; add workers or submit less"
                                    .formatted(
                                            settings.queueTimeout().toMillis(), workers.size())));
        }
        Waiter oldest = queue.oldest();
        if (oldest != null) {
            queueDeadline.arm(Duration.ofNanos(oldest.since + limit - engine.nanoTime()));
        }
    }

    private void onLaneReleased() {
        serve();
        watchPressure();
    }

    private void forget(Worker worker) {
        workers.remove(worker);
        idle.remove(worker);
        if (workers.isEmpty() && onEmpty != null) {
            onEmpty.run();
        }
    }

    /** Takes no more tasks, refuses those that wait, and lets idle workers end. */
    public void drain() {
        stopping = true;
        slots.values().forEach(Slot::cancelRestart);
        queue.takeAll().forEach(waiter -> waiter.refuse(shuttingDown()));
        queueDeadline.close();
        pressure.close();
        for (Worker worker : new ArrayList<>(workers)) {
            if (worker.state() == WorkerState.STARTING) {
                worker.kill();
            } else if (worker.state() == WorkerState.IDLE) {
                worker.end();
            }
        }
        idle.clear();
    }

    /** Drains, kills what still runs and calls {@code whenEmpty} once the last process is gone. */
    public void stop(Runnable whenEmpty) {
        drain();
        onEmpty =
                () -> {
                    onEmpty = null;
                    transport.close();
                    whenEmpty.run();
                };
        for (Worker worker : new ArrayList<>(workers)) {
            worker.abort(shuttingDown());
        }
        if (workers.isEmpty() && onEmpty != null) {
            onEmpty.run();
        }
    }

    private static TaskException shuttingDown() {
        return new TaskException(
                FailureKind.SHUTTING_DOWN, "the daemon is stopping; submit again when it is back");
    }

    /** The pool as it is now. */
    public PoolSnapshot snapshot() {
        List<PoolSnapshot.WorkerSnapshot> list = new ArrayList<>(workers.size());
        int[] byState = new int[WorkerState.values().length];
        for (Worker worker : workers) {
            byState[worker.state().ordinal()]++;
            list.add(worker.snapshot());
        }
        long restarts = 0;
        for (Slot slot : slots.values()) {
            restarts += slot.restarts;
        }
        return new PoolSnapshot(
                settings.fixed(),
                settings.max(),
                byState[WorkerState.IDLE.ordinal()],
                byState[WorkerState.BUSY.ordinal()],
                byState[WorkerState.STARTING.ordinal()],
                byState[WorkerState.ENDING.ordinal()],
                queue.size(),
                restarts,
                startFailure == null ? null : startFailure.explanation(),
                List.copyOf(list));
    }
}
