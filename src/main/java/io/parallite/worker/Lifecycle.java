package io.parallite.worker;

import io.parallite.process.WorkerChannel;
import io.parallite.process.WorkerName;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A worker's way through its states, from its launch until its process is gone, and the channel to
 * it while there is one. Owned by the engine's thread.
 */
final class Lifecycle {

    private final WorkerName name;
    private WorkerState state = WorkerState.STARTING;
    private @Nullable Cancellable starting;
    private @Nullable WorkerChannel channel;

    Lifecycle(WorkerName name) {
        this.name = name;
    }

    WorkerState state() {
        return state;
    }

    /** The channel; {@code null} before the worker is ready. It stays after the end. */
    @Nullable WorkerChannel channel() {
        return channel;
    }

    /** Whether the worker is, or will be, free for a task. */
    boolean isInService() {
        return state == WorkerState.IDLE || state == WorkerState.BUSY;
    }

    /** The process id, 0 while there is none yet. */
    long pid() {
        return channel == null ? 0 : channel.pid();
    }

    /** Whether the worker says of itself that it can do {@code feature}. */
    boolean hasFeature(String feature) {
        return channel != null && channel.features().contains(feature);
    }

    /**
     * Starts the process.
     *
     * @param onReady told when the worker is idle; not when it has been told to end meanwhile
     * @param onNotReady told when its process is gone
     */
    void start(
            Uni<WorkerChannel> opening,
            Consumer<WorkerChannel> onReady,
            Consumer<Throwable> onNotReady) {
        starting =
                opening.subscribe()
                        .with(
                                opened -> onOpened(opened, onReady),
                                failure -> {
                                    starting = null;
                                    become(WorkerState.DEAD);
                                    onNotReady.accept(failure);
                                });
    }

    private void onOpened(WorkerChannel opened, Consumer<WorkerChannel> onReady) {
        channel = opened;
        starting = null;
        if (state == WorkerState.ENDING) {
            opened.kill();
            return;
        }
        become(WorkerState.IDLE);
        onReady.accept(opened);
    }

    /**
     * @throws IllegalStateException when that may not follow the present state
     */
    void become(WorkerState next) {
        if (!state.mayBecome(next)) {
            throw new IllegalStateException(
                    "worker %s cannot go from %s to %s".formatted(name, state, next));
        }
        state = next;
    }

    /**
     * Has the process end, which may be asked for more than once.
     *
     * @param how said to its channel
     * @param onFirst told before that when nobody had asked for it yet
     */
    void end(Consumer<WorkerChannel> how, Runnable onFirst) {
        if (state == WorkerState.DEAD) {
            return;
        }
        if (state != WorkerState.ENDING) {
            become(WorkerState.ENDING);
            onFirst.run();
        }
        if (channel != null) {
            how.accept(channel);
        } else if (starting != null) {
            starting.cancel();
        }
    }
}
