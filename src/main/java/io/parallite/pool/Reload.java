package io.parallite.pool;

import io.parallite.config.ConfigUpdate;
import io.parallite.engine.Engine;
import io.parallite.process.WorkerTransport;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Replaces all workers by new ones, without losing a task.
 *
 * <p>First a canary boots, from the script and directory as they are found now. If it does not, the
 * others stay, workers go on being started from what was found before, and the settings stay as
 * they are. If it does, the settings that were read count, it takes the first slot, and the other
 * slots follow a few at a time: a successor boots while the old worker goes on; where there is no
 * room for both, the old one is replaced when its task ends. There is at most one process above
 * {@code max_workers}. Workers that fill no slot retire. The reload is done when every worker that
 * could get a task runs the new code; old ones that are busy end after their task.
 *
 * <p>There is one reload at a time; a second request joins it. Owned by the engine's thread.
 */
final class Reload {

    private static final Logger LOG = Logger.getLogger(Reload.class);

    /** One in so many slots may be in transition at a time, and always one. */
    private static final int SLOTS_PER_MOVE = 4;

    private static final String STOPPING = "the daemon is stopping";

    private final Engine engine;
    private final WorkerTransport transport;
    private final WorkerSet workers;
    private final Consumer<Worker> offer;
    private Consumer<ConfigUpdate> onAdopted = update -> {};
    private @Nullable Run run;
    private boolean isStopping;

    /**
     * @param offer gives an idle worker to the task that waits for one
     */
    Reload(Engine engine, WorkerTransport transport, WorkerSet workers, Consumer<Worker> offer) {
        this.engine = engine;
        this.transport = transport;
        this.workers = workers;
        this.offer = offer;
    }

    /** Has {@code action} make the settings count that a reload has read. */
    void onAdopted(Consumer<ConfigUpdate> action) {
        onAdopted = action;
    }

    /** Begins a reload, or joins the one that runs; see {@link WorkerPool#reload}. */
    Uni<ReloadOutcome> request() {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            if (isStopping) {
                                emitter.complete(new ReloadOutcome.Failed(STOPPING));
                            } else if (run != null) {
                                run.waiting.add(emitter);
                            } else {
                                Run begun = new Run();
                                run = begun;
                                begun.waiting.add(emitter);
                                begun.findRelease();
                            }
                        });
    }

    boolean isRunning() {
        return run != null;
    }

    /** Whether this worker is the one by which new code is being tried. */
    boolean isCanary(Worker worker) {
        return run != null && run.isCanary(worker);
    }

    /** How many idle workers are held back until they count as ready. */
    int onProbation() {
        return run != null && run.probation != null ? 1 : 0;
    }

    /**
     * A worker is idle, for the first time or again.
     *
     * @return whether it may be given a task
     */
    boolean admits(Worker worker) {
        return run == null || run.admits(worker);
    }

    void onCanaryFailed(String why) {
        if (run != null) {
            run.finish(new ReloadOutcome.Failed(why));
        }
    }

    /** A worker other than the canary did not start. */
    void onStartFailed(String why) {
        if (run != null && run.isAdopted) {
            run.finish(
                    new ReloadOutcome.Failed(
                            "%d of %d workers were replaced, the others stay: %s"
                                    .formatted(run.replaced(), workers.slots.size(), why)));
        }
    }

    /** Does what can be done now; to be called whenever a worker has come or gone. */
    void step() {
        if (run != null) {
            run.step();
        }
    }

    /** The pool drains: no worker is started from now on. */
    void stop() {
        isStopping = true;
        if (run != null) {
            run.finish(new ReloadOutcome.Failed(STOPPING));
        }
    }

    /** One reload. */
    private final class Run {

        private final List<UniEmitter<? super ReloadOutcome>> waiting = new ArrayList<>();
        private final long since = engine.nanoTime();
        private WorkerTransport.@Nullable Release release;
        private @Nullable Worker canary;
        private Engine.@Nullable Timer probation;
        private boolean isAdopted;

        private void findRelease() {
            transport
                    .findRelease()
                    .subscribe()
                    .with(
                            this::onFound,
                            e -> finish(new ReloadOutcome.Failed(String.valueOf(e.getMessage()))));
        }

        private void onFound(WorkerTransport.Release found) {
            release = found;
            step();
        }

        private boolean isOver() {
            return run != this;
        }

        boolean isCanary(Worker worker) {
            return worker == canary && !isAdopted;
        }

        boolean admits(Worker worker) {
            if (isCanary(worker) && !worker.hasSaidReady()) {
                probation = engine.schedule(RestartPolicy.PROBATION, () -> onProven(worker));
                return false;
            }
            if (isCanary(worker)) {
                adopt(worker);
            }
            step();
            return worker.isIdle();
        }

        private void onProven(Worker worker) {
            probation = null;
            adopt(worker);
            offer.accept(worker);
            step();
        }

        private void adopt(Worker worker) {
            isAdopted = true;
            if (release != null) {
                workers.adopt(release.command());
                onAdopted.accept(release.update());
            }
            place(worker);
            retireOthers();
            workers.slots.fillAll();
        }

        /** The settings that have just come to count may have made, or removed, the first slot. */
        private void place(Worker worker) {
            List<Slot> slots = workers.slots.all();
            if (slots.isEmpty() && worker.name().persistent()) {
                worker.retire(EndReason.SCALED);
            } else if (!slots.isEmpty() && slots.getFirst().name.equals(worker.name())) {
                workers.slots.takeOver(slots.getFirst(), worker, EndReason.RELOAD);
            }
        }

        /** Old workers that fill no slot, which thus will not be replaced, take no task again. */
        private void retireOthers() {
            for (Worker worker : workers.all()) {
                if (!isNew(worker) && !workers.slots.has(worker)) {
                    worker.retire(EndReason.RELOAD);
                }
            }
        }

        private void step() {
            if (isOver() || release == null) {
                return;
            }
            if (!isAdopted) {
                tryCanary(release);
                return;
            }
            for (Slot slot = next(); slot != null && mayMove(); slot = next()) {
                Worker old = slot.worker();
                if (hasRoom()) {
                    workers.slots.prepareSuccessor(slot, EndReason.RELOAD);
                } else if (old != null && old.isIdle() && workers.count(Worker::isEnding) == 0) {
                    old.retire(EndReason.RELOAD);
                } else {
                    return;
                }
            }
            if (replaced() == workers.slots.size()) {
                finish(done(release.update()));
            }
        }

        private ReloadOutcome done(ConfigUpdate update) {
            return new ReloadOutcome.Done(
                    replaced(), took(), update.changedKeys(), update.pendingKeys());
        }

        private void tryCanary(WorkerTransport.Release found) {
            if (canary == null && hasRoom()) {
                List<Slot> slots = workers.slots.all();
                canary =
                        slots.isEmpty()
                                ? workers.launchOnDemand(found.command())
                                : workers.launch(slots.getFirst().name, found.command());
            }
        }

        /** Whether one more process keeps within {@code max_workers + 1}. */
        private boolean hasRoom() {
            return workers.size() + workers.vacant() <= workers.max();
        }

        /** A slot with an old worker that is not being replaced; rather one that is idle. */
        private @Nullable Slot next() {
            Slot busy = null;
            for (Slot slot : workers.slots.all()) {
                Worker worker = slot.worker();
                if (worker != null && slot.isSettled() && !isNew(worker)) {
                    if (worker.isIdle()) {
                        return slot;
                    }
                    busy = slot;
                }
            }
            return busy;
        }

        private boolean mayMove() {
            List<Slot> slots = workers.slots.all();
            long moving = slots.stream().filter(slot -> !slot.isSettled()).count();
            return moving < Math.max(1, slots.size() / SLOTS_PER_MOVE);
        }

        private boolean isNew(Worker worker) {
            return release != null && worker.runs(release.command());
        }

        private int replaced() {
            int replaced = 0;
            for (Slot slot : workers.slots.all()) {
                Worker worker = slot.worker();
                replaced += worker != null && slot.isSettled() && isNew(worker) ? 1 : 0;
            }
            return replaced;
        }

        private Duration took() {
            return Duration.ofNanos(engine.nanoTime() - since);
        }

        private void finish(ReloadOutcome outcome) {
            if (isOver()) {
                return;
            }
            run = null;
            if (probation != null) {
                probation.cancel();
            }
            log(outcome);
            waiting.forEach(emitter -> emitter.complete(outcome));
        }
    }

    private static void log(ReloadOutcome outcome) {
        switch (outcome) {
            case ReloadOutcome.Done done ->
                    LOG.infof(
                            "workers are reloaded replaced=%d took_ms=%d",
                            done.replaced(), done.took().toMillis());
            case ReloadOutcome.Failed(String why) ->
                    LOG.logf(
                            why.equals(STOPPING) ? Logger.Level.DEBUG : Logger.Level.ERROR,
                            "workers are not reloaded, those that are there stay: %s",
                            why);
        }
    }
}
