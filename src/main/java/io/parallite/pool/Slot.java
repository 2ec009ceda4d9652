package io.parallite.pool;

import io.parallite.engine.Engine;
import io.parallite.process.WorkerName;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The place of one persistent worker, which outlives the processes that fill it.
 *
 * <p>It is filled by one worker; while that goes on, a successor may boot, which takes over once it
 * is ready. An empty slot has its next start scheduled, or is filled at once. Owned by the engine's
 * thread.
 */
final class Slot {

    final WorkerName name;

    private @Nullable Worker worker;
    private @Nullable Worker successor;
    private EndReason replacement = EndReason.RELOAD;
    private Engine.@Nullable Timer restart;

    Slot(WorkerName name) {
        this.name = name;
    }

    /** The worker that fills it, from its launch until it is gone or another has taken over. */
    @Nullable Worker worker() {
        return worker;
    }

    /** Whether {@code candidate} fills it or boots to do so. */
    boolean has(Worker candidate) {
        return worker == candidate || successor == candidate;
    }

    boolean hasSuccessor() {
        return successor != null;
    }

    /** Why there is a successor. */
    EndReason replacement() {
        return replacement;
    }

    /** Whether its next worker is about to be started, later. */
    boolean awaitsRestart() {
        return restart != null;
    }

    boolean isEmpty() {
        return worker == null && restart == null;
    }

    /** Whether its worker is ready and not about to be replaced. */
    boolean isSettled() {
        return worker != null && worker.isInService() && successor == null;
    }

    void fill(Worker launched) {
        cancelRestart();
        worker = launched;
    }

    /** {@code launched} boots to replace its worker because of {@code why}. */
    void prepare(Worker launched, EndReason why) {
        successor = launched;
        replacement = why;
    }

    /** Whether {@code ready} is its successor. */
    boolean isSuccessor(Worker ready) {
        return successor == ready;
    }

    /**
     * {@code newcomer} takes over.
     *
     * @return the successor that is not needed any longer, if it is another
     */
    @Nullable Worker takeOver(Worker newcomer) {
        Worker surplus = successor == newcomer ? null : successor;
        successor = null;
        worker = newcomer;
        cancelRestart();
        return surplus;
    }

    /**
     * {@code gone} does not fill it any longer.
     *
     * @return whether it is empty now; {@code false} when a successor fills it, or boots
     */
    boolean vacate(Worker gone) {
        if (successor == gone) {
            successor = null;
            return false;
        }
        worker = successor;
        successor = null;
        return worker == null;
    }

    /** Retires its worker and the successor of that. */
    void retire(EndReason why) {
        if (worker != null) {
            worker.retire(why);
        }
        if (successor != null) {
            successor.retire(why);
        }
    }

    /** Starts the next worker after {@code delay}. */
    void scheduleRestart(Engine engine, Duration delay, Runnable start) {
        cancelRestart();
        restart =
                engine.schedule(
                        delay,
                        () -> {
                            restart = null;
                            start.run();
                        });
    }

    void cancelRestart() {
        if (restart != null) {
            restart.cancel();
            restart = null;
        }
    }
}
