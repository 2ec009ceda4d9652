package io.parallite.pool;

import io.parallite.process.TemplateSnapshot;
import io.parallite.worker.WorkerSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The pool as of one moment; any thread may read it.
 *
 * @param serving how many of the idle and the busy ones are known to run, or have lived long enough
 *     where the transport cannot tell
 * @param answering how many of the idle and the busy ones have answered something since they
 *     started: the ping that the bundled worker is sent, or a task
 * @param maxQueue how many tasks may wait, besides {@code coming}
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
        int serving,
        int answering,
        int queued,
        int maxQueue,
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

    /**
     * Several pools as if they were one. It is paused when all of them are, and its template is
     * that of the first.
     *
     * @param byName at least one
     */
    public static PoolSnapshot sum(Map<String, PoolSnapshot> byName) {
        Collection<PoolSnapshot> all = byName.values();
        if (all.size() == 1) {
            return all.iterator().next();
        }
        Map<String, Long> restarts = new LinkedHashMap<>();
        List<WorkerSnapshot> workers = new ArrayList<>();
        for (PoolSnapshot pool : all) {
            pool.restartsByReason.forEach(
                    (reason, count) -> restarts.merge(reason, count, Long::sum));
            workers.addAll(pool.workers);
        }
        return new PoolSnapshot(
                total(all, PoolSnapshot::fixed),
                total(all, PoolSnapshot::max),
                total(all, PoolSnapshot::idle),
                total(all, PoolSnapshot::busy),
                total(all, PoolSnapshot::starting),
                total(all, PoolSnapshot::ending),
                total(all, PoolSnapshot::serving),
                total(all, PoolSnapshot::answering),
                total(all, PoolSnapshot::queued),
                total(all, PoolSnapshot::maxQueue),
                total(all, PoolSnapshot::coming),
                all.stream().mapToLong(PoolSnapshot::oldestQueuedMillis).max().orElse(0),
                restarts,
                all.stream().mapToLong(PoolSnapshot::wedges).sum(),
                all.stream().anyMatch(PoolSnapshot::draining),
                all.stream().allMatch(PoolSnapshot::paused),
                all.stream().anyMatch(PoolSnapshot::reloading),
                all.iterator().next().template,
                startFailure(byName),
                workers);
    }

    private static int total(Collection<PoolSnapshot> all, ToIntFunction<PoolSnapshot> figure) {
        return all.stream().mapToInt(figure).sum();
    }

    private static @Nullable String startFailure(Map<String, PoolSnapshot> byName) {
        for (Map.Entry<String, PoolSnapshot> pool : byName.entrySet()) {
            String failure = pool.getValue().startFailure;
            if (failure != null) {
                return "pool %s: %s".formatted(pool.getKey(), failure);
            }
        }
        return null;
    }

    /** How often a persistent worker was replaced. */
    public long restarts() {
        return restartsByReason.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Whether a task would find, or could get, a worker. */
    public boolean isServing() {
        return serving > 0 || (fixed == 0 && startFailure == null);
    }
}
