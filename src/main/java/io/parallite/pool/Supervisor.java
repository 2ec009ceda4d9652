package io.parallite.pool;

import io.parallite.config.ConfigUpdate;
import io.parallite.engine.Engine;
import io.parallite.process.WorkerTransport;
import io.parallite.task.TaskException;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerEnd;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the workers of a pool running: restarts them, recycles them, and reloads them.
 *
 * <h2>Restarts</h2>
 *
 * <p>{@link RestartPolicy} judges each worker that has ended or did not start. A persistent worker
 * is replaced in its slot after the delay of the policy. An on-demand worker is not replaced:
 * {@link PoolGrowth} starts others when tasks need them.
 *
 * <h2>Outage</h2>
 *
 * <p>The policy pauses all starts after a worker that did not start. There is an outage while it
 * pauses and no other worker serves or starts: then tasks are refused; see {@link #outage}.
 *
 * <h2>Recycling</h2>
 *
 * <p>A persistent worker over a limit of its own goes on until its successor is ready. An on-demand
 * worker retires at once. During a pause no persistent worker is recycled: an old one is better
 * than none.
 *
 * <h2>Reload</h2>
 *
 * <p>{@link Reload} alone decides what follows from the end of its canary.
 *
 * <p>Owned by the engine's thread.
 */
final class Supervisor {

    private static final Logger LOG = Logger.getLogger(Supervisor.class);

    private final WorkerSet workers;
    private final PoolGrowth growth;
    private final RestartPolicy restarts;
    private final Reload reload;
    private boolean isClosed;

    /**
     * @param random for the jitter of restart delays
     * @param offer gives an idle worker to the task that waits for one
     */
    Supervisor(
            Engine engine,
            WorkerTransport transport,
            WorkerSet workers,
            PoolGrowth growth,
            RandomGenerator random,
            Consumer<Worker> offer) {
        this.workers = workers;
        this.growth = growth;
        this.restarts = new RestartPolicy(engine, random, growth::grow);
        this.reload = new Reload(engine, transport, workers, offer);
    }

    /** Whether workers may be started: {@code false} during the pause after a failed start. */
    boolean mayStart() {
        return restarts.pause() == null;
    }

    /**
     * Why no worker can be had; {@code null} when one serves, starts, or may be started.
     *
     * @param isIsolated whether for a task that needs a worker which has run none
     */
    @Nullable TaskException outage(boolean isIsolated) {
        TaskException cause = restarts.pause();
        if (cause == null) {
            return null;
        }
        boolean isHopeful = isIsolated ? growth.hasFreshProspect() : workers.hasProspect();
        return isHopeful ? null : cause;
    }

    /** How many workers serve, without those whose script may still turn out not to run. */
    int serving() {
        return workers.count(worker -> worker.isInService() && restarts.isPastProbation(worker));
    }

    /** The last failed start in words; see {@link RestartPolicy#lastFailure}. */
    @Nullable String lastFailure() {
        return restarts.lastFailure();
    }

    // What workers report

    /** {@code worker} is ready for its first task, or free after one. */
    void onIdle(Worker worker) {
        boolean isNew = worker.isFresh();
        if (isNew) {
            growth.onReady(worker);
            restarts.onReady();
            workers.slots.onReady(worker);
        } else {
            growth.onServed(worker);
        }
        if (worker.history().isProven() && (isNew || worker.history().served() == 1)) {
            restarts.onProven();
        }
    }

    /** Whether {@code worker}, which is idle, may be given a task; see {@link Reload#admits}. */
    boolean admits(Worker worker) {
        return reload.admits(worker);
    }

    /** {@code worker} was leased for an isolated task, and ends after it. */
    void onIsolated(Worker worker) {
        if (workers.room() > 0 && mayStart()) {
            workers.slots.prepareSuccessor(worker, EndReason.ISOLATED);
        }
    }

    /** {@code worker} is over a limit of its own. */
    void onRecyclable(Worker worker, EndReason reason) {
        boolean isPersistent = workers.slots.has(worker);
        if (isPersistent && (workers.slots.hasSuccessor(worker) || !mayStart())) {
            return;
        }
        if (isPersistent && workers.room() > 0) {
            workers.slots.prepareSuccessor(worker, reason);
        } else if (reason != EndReason.RECYCLED_TASKS) { // that limit it keeps by itself
            worker.retire(reason);
        }
    }

    /**
     * {@code worker} did not start, and is in the set no longer.
     *
     * @return whether there may be an outage now
     */
    boolean onStartFailed(Worker worker, TaskException why) {
        if (reload.isCanary(worker)) {
            reload.onCanaryFailed(why.explanation());
            return false;
        }
        restartLater(worker, EndReason.START_FAILED, why);
        return true;
    }

    /**
     * The process of {@code worker} is gone, and it is in the set no longer.
     *
     * @return whether there may be an outage now
     */
    boolean onGone(Worker worker, WorkerEnd end) {
        if (reload.isCanary(worker)) {
            reload.onCanaryFailed("worker %s %s".formatted(worker.name(), end.exit().describe()));
            return false;
        }
        return switch (restarts.judge(worker, end)) {
            case RestartPolicy.Verdict.CannotStart(EndReason reason, TaskException why) -> {
                restartLater(worker, reason, why);
                yield true;
            }
            case RestartPolicy.Verdict.Replace(EndReason reason) -> {
                replace(worker, end, reason);
                reload.step();
                yield false;
            }
        };
    }

    private void replace(Worker worker, WorkerEnd end, EndReason reason) {
        if (workers.slots.vacate(worker, reason)) {
            Duration delay = restarts.delay(worker.name(), reason);
            logReplacement(worker, end, delay);
            workers.slots.refill(worker.name(), delay, reason);
        } else if (reason.isFault() && worker.history().served() == 0) {
            growth.onIdleFault(restarts.delayAfterUnused());
        }
    }

    private static void logReplacement(Worker worker, WorkerEnd end, Duration delay) {
        LOG.logf(
                end.reason().isFault() ? Logger.Level.WARN : Logger.Level.DEBUG,
                "worker is replaced in %d ms: it %s worker=%s pid=%d",
                delay.toMillis(),
                end.exit().describe(),
                worker.name(),
                worker.pid());
    }

    private void restartLater(Worker worker, EndReason reason, TaskException why) {
        if (isClosed) {
            return;
        }
        Duration delay = restarts.onStartFailed(worker.name(), why);
        if (workers.slots.vacate(worker, reason)) {
            workers.slots.refill(worker.name(), delay, reason);
        }
        reload.onStartFailed(why.explanation());
    }

    // Reload and scaling

    /** Replaces all workers; see {@link WorkerPool#reload}. */
    Uni<ReloadOutcome> reload() {
        return reload.request();
    }

    /** Applies with {@code action} the settings that a reload has read. */
    void onReconfigured(Consumer<ConfigUpdate> action) {
        reload.onAdopted(action);
    }

    boolean isReloading() {
        return reload.isRunning();
    }

    /** How many idle workers are held back until they count as ready. */
    int onProbation() {
        return reload.onProbation();
    }

    /** Keeps so many persistent workers from now on, and goes on with a reload that runs. */
    void scale(int places) {
        workers.resize(places);
        reload.step();
    }

    /** Parks idle workers that are in no place of the pool by a defect, and fills empty slots. */
    void reclaimLost() {
        workers.reclaimLost(reload::isCanary);
    }

    /** Restarts and reloads nothing from now on. */
    void close() {
        isClosed = true;
        restarts.close();
        reload.stop();
    }
}
