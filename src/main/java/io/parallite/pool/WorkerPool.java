package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.process.WorkerTransport;
import io.parallite.task.FailureKind;
import io.parallite.task.Task;
import io.parallite.task.TaskException;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerLease;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The bounded pool of PHP workers and the queue in front of it.
 *
 * <p>A task gets a worker at once when one is idle, else it waits in its client's {@link Lane}, or
 * already with a busy worker that may take it by itself ({@link Prefetching}). The {@link Crew}
 * starts on-demand workers when tasks wait and none of the others comes free; those run one task
 * and end. This is where tasks are admitted, refused and timed out while they wait.
 *
 * <p>Owned by the engine's thread.
 */
public final class WorkerPool {

    private final Engine engine;
    private final PoolSettings settings;
    final Crew crew;
    private final TaskQueue queue = new TaskQueue(this::onLaneReleased);
    private final Prefetching prefetching;
    private final QueueTimeout queueTimeout;
    private final Deadline pressure;
    private final WedgeWatch wedge;
    private boolean stopping;

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
        this.settings = settings;
        this.crew = new Crew(engine, transport, settings, random, new CrewEvents());
        this.prefetching = new Prefetching(engine, queue, this::onPutBack);
        this.queueTimeout = new QueueTimeout(engine, queue, settings.queueTimeout(), crew::size);
        this.pressure = new Deadline(engine, this::onPressure);
        this.wedge = new WedgeWatch(engine, this::wedgeSymptom, this::onWedgeLook);
    }

    /** Starts the persistent workers, side by side. */
    public void start() {
        crew.start();
    }

    /**
     * Replaces all workers by new ones, which run the code that is there now; loses no task.
     *
     * <p>A new worker must boot first, else the old ones stay. The outcome comes when every task
     * runs on a new worker from then on; old workers that are still busy end after their task.
     * Whoever asks while a reload runs gets the outcome of that one. Never fails; cancelling leaves
     * the reload running.
     */
    public Uni<ReloadOutcome> reload() {
        return crew.reload();
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
        return lend(task, lane, engine.nanoTime(), this::admit, work);
    }

    /**
     * The same for a task that has had a worker which ended before it read it: the task goes first
     * in its lane, and a full queue does not refuse it.
     */
    public <T> Uni<T> withAnotherWorker(Task task, Lane lane, Function<WorkerLease, Uni<T>> work) {
        return lend(task, lane, lane.waitsSince(engine.nanoTime()), this::admitAgain, work);
    }

    private <T> Uni<T> lend(
            Task task,
            Lane lane,
            long since,
            Consumer<Waiter> admission,
            Function<WorkerLease, Uni<T>> work) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            Loan<T> loan = new Loan<>(work, emitter);
                            Waiter waiter = new Waiter(task, lane, since, loan);
                            emitter.onTermination(() -> onCancelled(waiter, loan));
                            admission.accept(waiter);
                        });
    }

    private void onCancelled(Waiter waiter, Loan<?> loan) {
        if (!prefetching.withdraw(waiter)) {
            queue.withdraw(waiter);
        }
        loan.cancel();
    }

    private void admitAgain(Waiter waiter) {
        TaskException refusal = stopping ? shuttingDown() : crew.failure();
        if (refusal != null) {
            waiter.refuse(refusal);
            return;
        }
        queue.addFirst(waiter);
        onQueued();
    }

    private void admit(Waiter waiter) {
        if (crew.hasIdle() && queue.size() == 0 && !waiter.lane.isHeld()) {
            give(waiter, crew.takeIdle());
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

    private @Nullable TaskException refusal() {
        if (stopping) {
            return shuttingDown();
        }
        TaskException failure = crew.failure();
        if (failure == null
                && queue.size() + prefetching.size() >= settings.maxQueue() + crew.capacity()) {
            return new TaskException(
                    FailureKind.QUEUE_FULL,
                    "%d tasks are waiting and max_queue=%d; submit fewer at once, or raise max_queue or max_workers=%d"
                            .formatted(queue.size(), settings.maxQueue(), settings.max()));
        }
        return failure;
    }

    private void onQueued() {
        serve();
        queueTimeout.arm();
        growIfNobodyWorks();
        watchPressure();
        wedge.arm();
    }

    /** Brings idle workers and waiting tasks together. */
    private void serve() {
        while (crew.hasIdle()) {
            Waiter next = next();
            if (next == null) {
                return;
            }
            give(next, crew.takeIdle());
        }
    }

    private @Nullable Waiter next() {
        Waiter next = queue.poll();
        while (next == null && prefetching.putBackAny()) {
            next = queue.poll(); // none when their lanes are held
        }
        return next;
    }

    /** The next ones first: once it has its task the worker may look for them at any time. */
    private void give(Waiter waiter, Worker worker) {
        prefetching.fill(worker, crew.typicalTaskNanos(), crew.size());
        waiter.grant(worker.lease());
    }

    private void onPutBack() {
        if (stopping) {
            queue.takeAll().forEach(waiter -> waiter.refuse(shuttingDown()));
        } else {
            onQueued();
        }
    }

    private void onLaneReleased() {
        serve();
        growIfNobodyWorks();
        watchPressure();
    }

    /** What the crew reports; see {@link Crew.Employer}. */
    private final class CrewEvents implements Crew.Employer {

        @Override
        public void onFree(Worker worker) {
            if (worker.lookahead().hasTaken()) {
                goOn(worker);
                return;
            }
            prefetching.putBack(worker);
            Waiter next = next();
            if (next != null) {
                give(next, worker);
            } else {
                crew.park(worker);
            }
        }

        private void goOn(Worker worker) {
            Waiter taken = prefetching.pollTaken(worker);
            if (taken == null) {
                worker.onGarbage("says that it has taken a task, and none lay with it");
            } else if (taken.isSettled()) {
                letGo(taken, worker);
            } else {
                give(taken, worker);
            }
        }

        /** Nobody wants the task that the worker has taken: it is killed, if it is still at it. */
        private void letGo(Waiter unwanted, Worker worker) {
            if (prefetching.hasGoneOn(worker)) {
                worker.lease().hearOut(unwanted.task);
            } else {
                worker.abandonTaken();
            }
        }

        @Override
        public boolean hasGoneOn(Worker worker) {
            return worker.lookahead().hasTaken() || prefetching.hasGoneOn(worker);
        }

        @Override
        public void onRetiring(Worker worker) {
            prefetching.recall(worker);
        }

        @Override
        public void onLeaving(Worker worker) {
            prefetching.onLeaving(worker);
        }

        @Override
        public void onGone() {
            growIfNobodyWorks();
            watchPressure();
        }

        @Override
        public void onMayStart() {
            growIfNobodyWorks();
        }

        @Override
        public void onCannotStart(TaskException why) {
            queue.takeAll().forEach(waiter -> waiter.refuse(why));
        }
    }

    /** Tasks wait, and nobody runs or is about to: waiting longer can bring nothing. */
    private void growIfNobodyWorks() {
        if (queue.size() > 0 && !crew.hasProspect()) {
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
        if (oldest != null && !stopping) {
            grow(crew.growth(engine.nanoTime() - oldest.since));
            watchPressure();
        }
    }

    /** What keeps tasks waiting that could be served; {@code null} when all is well. */
    private @Nullable String wedgeSymptom() {
        String problem = queue.isServable() ? crew.wedge() : null;
        return problem == null ? null : "%s queued=%d".formatted(problem, queue.size());
    }

    private void onWedgeLook() {
        if (queue.size() == 0) {
            return;
        }
        crew.reclaimLost();
        serve();
        growIfNobodyWorks();
        watchPressure();
        wedge.arm();
    }

    private void grow(int most) {
        if (most > 0 && !stopping && queue.isServable()) {
            crew.grow(most, queue.size());
        }
    }

    /** Takes no more tasks, refuses those that wait, and lets idle workers end. */
    public void drain() {
        stopping = true;
        prefetching.putBackAll();
        queue.takeAll().forEach(waiter -> waiter.refuse(shuttingDown()));
        prefetching.close();
        queueTimeout.close();
        pressure.close();
        wedge.close();
        crew.dismiss();
    }

    /** Drains, kills what still runs and calls {@code whenEmpty} once the last process is gone. */
    public void stop(Runnable whenEmpty) {
        drain();
        crew.abort(shuttingDown(), whenEmpty);
    }

    private static TaskException shuttingDown() {
        return new TaskException(
                FailureKind.SHUTTING_DOWN, "the daemon is stopping; submit again when it is back");
    }

    /** The pool as it is now. */
    public PoolSnapshot snapshot() {
        Waiter oldest = queue.oldest();
        long waits = oldest == null ? 0 : engine.nanoTime() - oldest.since;
        return crew.snapshot(
                queue.size() + prefetching.size(),
                Duration.ofNanos(waits).toMillis(),
                wedge.count());
    }
}
