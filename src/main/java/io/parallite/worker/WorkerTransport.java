package io.parallite.worker;

import io.smallrye.mutiny.Uni;

/** How frames reach a worker: starts a process and opens the channel to it. */
public interface WorkerTransport {

    /**
     * Starts a worker process. The result comes on the engine's thread when the worker is ready to
     * take a frame.
     *
     * <p>Fails with a {@link WorkerStartException} when the process cannot be started or ends
     * before it is ready. Cancelling kills the process, of whose end the listener is told.
     *
     * @param listener told everything that happens from then on
     */
    Uni<WorkerChannel> open(WorkerName name, WorkerChannel.Listener listener);

    /** Frees what the transport itself holds. Engine thread. */
    void close();
}
