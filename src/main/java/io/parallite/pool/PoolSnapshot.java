package io.parallite.pool;

import io.parallite.process.TemplateSnapshot;
import io.parallite.worker.WorkerSnapshot;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pool as of one moment; any thread may read it.
 *
 * @param answering how many of the idle and the busy ones have answered something since they
 *     started: the ping that the bundled worker is sent, or a task
 * @param coming how many tasks may wait besides {@code max_queue}: those for which a worker is
 *     idle, starts, or may be started
 * @param oldestQueuedMillis how long the oldest task in the queue has waited
 * @param restartsByReason how often a persistent worker was replaced, by why it ended; all reasons
 *     are there
 * @param wedges how often tasks were found waiting beside idle workers, a defect that is mended
 * @param draining whether the daemon is stopping
 * @param reloading whether workers are being replaced by new ones
 * @param template what workers are forked from, {@code null} when they are started one by one
 * @param startFailure why the last start failed, {@code null} when workers start
 */
public record PoolSnapshot(
        int fixed,
        int max,
        int idle,
        int busy,
        int starting,
        int ending,
        int answering,
        int queued,
        int coming,
        long oldestQueuedMillis,
        Map<String, Long> restartsByReason,
        long wedges,
        boolean draining,
        boolean paused,
        boolean reloading,
        @Nullable TemplateSnapshot template,
        @Nullable String startFailure,
        List<WorkerSnapshot> workers) {

    /** How often a persistent worker was replaced. */
    public long restarts() {
        return restartsByReason.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Whether a task would find, or could get, a worker. */
    public boolean isServing() {
        return idle + busy > 0 || (fixed == 0 && startFailure == null);
    }
}
