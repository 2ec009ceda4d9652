package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.WorkerCommand;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerTransport;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerState;
import io.smallrye.mutiny.Uni;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The reload that runs, when one does, and what it may do with the crew. Owned by the engine's
 * thread.
 */
final class Reloads implements Reload.Host {

    private final Engine engine;
    private final WorkerTransport transport;
    private final int maxWorkers;
    private final Slots slots;
    private final Roster roster;
    private final Recruiter recruiter;
    private final BiFunction<WorkerName, WorkerCommand, Worker> launch;
    private final Consumer<Worker> offer;
    private @Nullable Reload current;
    private boolean stopping;

    /**
     * @param launch starts a worker of that name from that command
     * @param offer gives an idle worker to whoever needs it
     */
    Reloads(
            Engine engine,
            WorkerTransport transport,
            int maxWorkers,
            Slots slots,
            Roster roster,
            Recruiter recruiter,
            BiFunction<WorkerName, WorkerCommand, Worker> launch,
            Consumer<Worker> offer) {
        this.engine = engine;
        this.transport = transport;
        this.maxWorkers = maxWorkers;
        this.slots = slots;
        this.roster = roster;
        this.recruiter = recruiter;
        this.launch = launch;
        this.offer = offer;
    }

    /** Begins a reload, or joins the one that runs; see {@link WorkerPool#reload}. */
    Uni<ReloadOutcome> reload() {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            if (stopping) {
                                emitter.complete(new ReloadOutcome.Failed(Reload.STOPPING));
                                return;
                            }
                            Reload running = current;
                            if (running != null) {
                                running.join(emitter);
                                return;
                            }
                            Reload begun = new Reload(engine, slots, this);
                            current = begun;
                            begun.join(emitter);
                            begun.begin();
                        });
    }

    boolean isRunning() {
        return current != null;
    }

    /** Whether this worker is the one by which new code is being tried. */
    boolean isCanary(Worker worker) {
        return current != null && current.isCanary(worker);
    }

    /** How many idle workers are held back until they are believed in. */
    int onProbation() {
        return current != null && current.isOnProbation() ? 1 : 0;
    }

    /** A worker is idle; whether it may be given a task. */
    boolean letsWork(Worker worker) {
        return current == null || current.letsWork(worker);
    }

    void onCanaryFailed(String why) {
        if (current != null) {
            current.onCanaryFailed(why);
        }
    }

    /** Another worker than the canary did not start. */
    void onStartFailed(String why) {
        if (current != null) {
            current.onStartFailed(why);
        }
    }

    /** A worker is gone. */
    void step() {
        if (current != null) {
            current.step();
        }
    }

    /** The pool drains: there is no reload any more. */
    void stop() {
        stopping = true;
        if (current != null) {
            current.onStopping();
        }
    }

    @Override
    public Uni<WorkerCommand> findCommand() {
        return transport.findCommand();
    }

    @Override
    public boolean hasRoom() {
        return roster.size() + slots.vacant() <= maxWorkers;
    }

    @Override
    public boolean isSomebodyLeaving() {
        return roster.count(WorkerState.ENDING) > 0;
    }

    @Override
    public Worker launch(@Nullable WorkerName name, WorkerCommand what) {
        return launch.apply(name == null ? recruiter.nextOnDemand() : name, what);
    }

    @Override
    public void adopt(WorkerCommand found) {
        recruiter.adopt(found);
        for (Worker worker : roster.all()) {
            if (!worker.name().persistent() && !worker.runs(found)) {
                worker.retire(EndReason.RELOAD);
            }
        }
    }

    @Override
    public void offer(Worker worker) {
        offer.accept(worker);
    }

    @Override
    public void onOver() {
        current = null;
    }
}
