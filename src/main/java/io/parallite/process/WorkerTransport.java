package io.parallite.process;

import io.parallite.config.ConfigUpdate;
import io.smallrye.mutiny.Uni;
import org.jspecify.annotations.Nullable;

/** How frames reach a worker: starts a process and opens the channel to it. */
public interface WorkerTransport {

    /**
     * The result of {@link #findRelease}.
     *
     * @param command what workers are to be started from
     * @param update the configuration by which that was made
     */
    record Release(WorkerCommand command, ConfigUpdate update) {}

    /**
     * Starts a worker process. The result comes on the engine's thread when the worker is ready to
     * take a frame.
     *
     * <p>Fails with a {@link WorkerStartException} when the process cannot be started or ends
     * before it is ready. Cancelling kills the process; the listener gets its end.
     *
     * @param command what to start
     * @param listener called for everything that happens from then on
     */
    Uni<WorkerChannel> open(
            WorkerName name, WorkerCommand command, WorkerChannel.Listener listener);

    /** What workers are started from, as it was found when the daemon started. */
    WorkerCommand command();

    /**
     * Finds the settings, the script, the directory and the targets of symbolic links again. Each
     * call gives a new command.
     *
     * <p>Fails with a {@link io.parallite.config.ConfigException} that says what is missing or
     * wrong.
     */
    Uni<Release> findRelease();

    /** Workers are started from {@code command} from now on, and from nothing else. */
    default void adopt(WorkerCommand command) {}

    /** Whether a worker is forked from one that has booted, as far as is known: that is quick. */
    default boolean forks() {
        return false;
    }

    /** What workers are forked from; {@code null} when they are started one by one. */
    default @Nullable TemplateSnapshot template() {
        return null;
    }

    /** Frees what the transport itself holds. Engine thread. */
    void close();
}
