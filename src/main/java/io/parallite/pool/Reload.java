package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerName;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerState;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One replacement of all workers by new ones, without losing a task.
 *
 * <p>First a canary boots, from the script and directory as they are found now. If it does not, the
 * others stay and go on starting from what they were started from. If it does, it takes the first
 * slot, and the other slots follow a few at a time: a successor boots while the old worker goes on;
 * where there is no room for both, the old one is replaced when its task ends. There is at most one
 * process above {@code max_workers}. Old workers that are still busy end after their task.
 *
 * <p>Owned by the engine's thread.
 */
final class Reload {

    private static final Logger LOG = Logger.getLogger(Reload.class);

    /**
     * How long a worker that does not say when its script runs must stay alive to be believed in.
     */
    static final Duration PROBATION = Duration.ofMillis(500);

    /** One in so many slots may be in transition at a time, and always one. */
    private static final int SLOTS_PER_MOVE = 4;

    /** Why there is no reload any more. */
    static final String STOPPING = "the daemon is stopping";

    /** What a reload needs of the crew. */
    interface Host {

        /** Looks for what workers are to be started from. */
        Uni<WorkerCommand> findCommand();

        /** Whether one more process keeps within {@code max_workers + 1}. */
        boolean hasRoom();

        /** Whether a process is about to go, so that there will be room. */
        boolean isSomebodyLeaving();

        /**
         * Starts a worker.
         *
         * @param name {@code null} for an on-demand one
         */
        Worker launch(@Nullable WorkerName name, WorkerCommand what);

        /** Starts workers from {@code found} from now on, and ends on-demand ones that are not. */
        void adopt(WorkerCommand found);

        /** Gives an idle worker to whoever needs it. */
        void offer(Worker worker);

        /** The reload has come to its end. */
        void onOver();
    }

    private final Engine engine;
    private final Slots slots;
    private final Host host;
    private final long since;
    private final List<UniEmitter<? super ReloadOutcome>> waiting = new ArrayList<>();
    private @Nullable WorkerCommand command;
    private @Nullable Worker canary;
    private Engine.@Nullable Timer probation;
    private boolean adopted;
    private boolean over;

    Reload(Engine engine, Slots slots, Host host) {
        this.engine = engine;
        this.slots = slots;
        this.host = host;
        this.since = engine.nanoTime();
    }

    /** Tells {@code emitter} of the outcome. */
    void join(UniEmitter<? super ReloadOutcome> emitter) {
        waiting.add(emitter);
    }

    void begin() {
        host.findCommand()
                .subscribe()
                .with(this::onFound, e -> fail(String.valueOf(e.getMessage())));
    }

    private void onFound(WorkerCommand found) {
        command = found;
        step();
    }

    /** Whether this worker is the one by which the new code is tried. */
    boolean isCanary(Worker worker) {
        return worker == canary && !adopted;
    }

    /** Whether the canary is idle and must not be given a task yet. */
    boolean isOnProbation() {
        return probation != null;
    }

    void onCanaryFailed(String why) {
        fail(why);
    }

    /** A worker other than the canary did not start. */
    void onStartFailed(String why) {
        if (adopted) {
            fail(
                    "%d of %d workers were replaced, the others stay: %s"
                            .formatted(replaced(), slots.all().size(), why));
        }
    }

    /** The pool drains: nobody is started any more. */
    void onStopping() {
        fail(STOPPING);
    }

    /**
     * A worker is idle, for the first time or again.
     *
     * @return whether it may be given a task
     */
    boolean letsWork(Worker worker) {
        if (isCanary(worker) && !worker.saidReady()) {
            probation = engine.schedule(PROBATION, () -> onProven(worker));
            return false;
        }
        if (isCanary(worker)) {
            adopt(worker);
        }
        step();
        return worker.state() == WorkerState.IDLE;
    }

    private void onProven(Worker worker) {
        probation = null;
        adopt(worker);
        host.offer(worker);
        step();
    }

    private void adopt(Worker worker) {
        adopted = true;
        if (command != null) {
            host.adopt(command);
        }
        if (!slots.all().isEmpty()) {
            slots.takeOver(slots.all().iterator().next(), worker, EndReason.RELOAD);
        }
        slots.fillAll();
    }

    /** Does what can be done now; to be called whenever a worker has come, gone or got free. */
    void step() {
        if (over || command == null) {
            return;
        }
        if (!adopted) {
            tryCanary(command);
            return;
        }
        for (Slot slot = next(); slot != null && mayMove(); slot = next()) {
            if (host.hasRoom()) {
                slots.prepare(slot, EndReason.RELOAD);
            } else if (slot.worker != null && isIdle(slot.worker) && !host.isSomebodyLeaving()) {
                slot.worker.retire(EndReason.RELOAD);
            } else {
                return;
            }
        }
        if (replaced() == slots.all().size()) {
            finish(new ReloadOutcome.Done(replaced(), took()));
        }
    }

    private void tryCanary(WorkerCommand found) {
        if (canary == null && host.hasRoom()) {
            WorkerName name = slots.all().isEmpty() ? null : slots.all().iterator().next().name;
            canary = host.launch(name, found);
        }
    }

    /** A slot with an old worker that is not about to be replaced; rather one that is idle. */
    private @Nullable Slot next() {
        Slot busy = null;
        for (Slot slot : slots.all()) {
            if (slot.isSettled() && !isNew(slot)) {
                if (isIdle(slot.worker)) {
                    return slot;
                }
                busy = slot;
            }
        }
        return busy;
    }

    private static boolean isIdle(@Nullable Worker worker) {
        return worker != null && worker.state() == WorkerState.IDLE;
    }

    private boolean mayMove() {
        long moving = slots.all().stream().filter(slot -> !slot.isSettled()).count();
        return moving < Math.max(1, slots.all().size() / SLOTS_PER_MOVE);
    }

    private boolean isNew(Slot slot) {
        return slot.worker != null && command != null && slot.worker.runs(command);
    }

    private int replaced() {
        return (int) slots.all().stream().filter(slot -> slot.isSettled() && isNew(slot)).count();
    }

    private Duration took() {
        return Duration.ofNanos(engine.nanoTime() - since);
    }

    private void fail(String why) {
        finish(new ReloadOutcome.Failed(why));
    }

    private void finish(ReloadOutcome outcome) {
        if (over) {
            return;
        }
        over = true;
        if (probation != null) {
            probation.cancel();
        }
        host.onOver();
        switch (outcome) {
            case ReloadOutcome.Done(int replaced, Duration took) ->
                    LOG.infof(
                            "workers are reloaded replaced=%d took_ms=%d",
                            replaced, took.toMillis());
            case ReloadOutcome.Failed(String why) ->
                    LOG.logf(
                            why.equals(STOPPING) ? Logger.Level.DEBUG : Logger.Level.ERROR,
                            "workers are not reloaded, those that are there stay: %s",
                            why);
        }
        waiting.forEach(emitter -> emitter.complete(outcome));
    }
}
