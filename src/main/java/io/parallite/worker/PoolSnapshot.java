package io.parallite.worker;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pool as of one moment; any thread may read it.
 *
 * @param startFailure why the last start failed, {@code null} when workers start
 */
public record PoolSnapshot(
        int fixed,
        int max,
        int idle,
        int busy,
        int starting,
        int ending,
        int queued,
        long restarts,
        @Nullable String startFailure,
        List<WorkerSnapshot> workers) {

    /**
     * One worker.
     *
     * @param task the id of the task it runs
     */
    public record WorkerSnapshot(
            String name, long pid, String state, long served, @Nullable String task) {}

    /** Whether a task would find, or could get, a worker. */
    public boolean isServing() {
        return idle + busy > 0 || fixed == 0 && startFailure == null;
    }
}
