package io.parallite.dispatch;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The drain of a dispatcher, and its stop.
 *
 * <p>A drain refuses new tasks until {@link #end}; each of those who have asked for it is notified
 * once no task is in flight. A stop has no end. Owned by the engine's thread.
 */
final class Drain {

    private static final Logger LOG = Logger.getLogger(Drain.class);

    private final IntSupplier inFlight;
    private final List<UniEmitter<? super Void>> waiting = new ArrayList<>();
    private @Nullable Runnable onStopped;
    private boolean isActive;

    /**
     * @param inFlight how many tasks are in flight
     */
    Drain(IntSupplier inFlight) {
        this.inFlight = inFlight;
    }

    /** Whether new tasks are refused. */
    boolean isActive() {
        return isActive;
    }

    /**
     * Refuses new tasks, and completes once no task is in flight. Cancelling leaves the drain on.
     *
     * @param onBegun run when new tasks are refused
     */
    Uni<Void> begin(Runnable onBegun) {
        return Uni.createFrom()
                .emitter(
                        emitter -> {
                            if (!isActive) {
                                LOG.infof(
                                        "the daemon drains: new tasks are refused in_flight=%d",
                                        inFlight.getAsInt());
                            }
                            isActive = true;
                            waiting.add(emitter);
                            emitter.onTermination(() -> waiting.remove(emitter));
                            onBegun.run();
                            onTaskEnded();
                        });
    }

    /** Ends the drain, if there is one: new tasks are accepted again. */
    void end() {
        if (isActive) {
            isActive = false;
            LOG.info("the daemon takes tasks again");
        }
    }

    /** Runs {@code action} once no task is in flight, as the daemon stops. */
    void onStopped(Runnable action) {
        LOG.infof(
                "the daemon stops: what runs may end, nothing else is begun in_flight=%d",
                inFlight.getAsInt());
        onStopped = action;
    }

    /** A task has ended: notifies those who wait if it was the last one. */
    void onTaskEnded() {
        if (inFlight.getAsInt() > 0) {
            return;
        }
        Runnable stopped = onStopped;
        if (stopped != null) {
            onStopped = null;
            stopped.run();
        }
        if (!waiting.isEmpty()) {
            LOG.info("the daemon is drained: no task is in flight");
            List<UniEmitter<? super Void>> notified = List.copyOf(waiting);
            waiting.clear();
            notified.forEach(emitter -> emitter.complete(null));
        }
    }
}
