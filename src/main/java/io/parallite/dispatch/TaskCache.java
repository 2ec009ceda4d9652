package io.parallite.dispatch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy.FixedExpiration;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.parallite.engine.Engine;
import io.parallite.task.TaskId;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The results of tasks that have ended, for {@code await}, {@code status} and repeated submits.
 *
 * <p>Bounded in time and in bytes, the oldest going first. Caffeine's own weight bound would throw
 * out what its popularity sketch thinks least useful; a client that comes back for its result needs
 * age to be the only reason, so the bytes are counted here and Caffeine gives the order.
 *
 * <p>Owned by the engine's thread.
 */
public final class TaskCache {

    /** What an entry costs beside its result: key, status, map nodes, and slack for the collector. */
    static final int ENTRY_OVERHEAD = 512;

    private static final int EVICTED_AT_ONCE = 64;

    private final long maxBytes;
    private final Cache<TaskId, RetainedTask> cache;
    private final FixedExpiration<TaskId, RetainedTask> age;
    private long bytes;

    /** A cache that keeps results for {@code retention} and up to {@code maxBytes} of them. */
    public TaskCache(Engine engine, Duration retention, long maxBytes) {
        this.maxBytes = maxBytes;
        this.cache =
                Caffeine.newBuilder()
                        .expireAfterWrite(retention)
                        .ticker(engine::nanoTime)
                        .executor(Runnable::run)
                        .removalListener(this::onRemoved)
                        .build();
        this.age = cache.policy().expireAfterWrite().orElseThrow();
    }

    private void onRemoved(
            @Nullable TaskId id, @Nullable RetainedTask task, RemovalCause cause) {
        if (task != null) {
            bytes -= charge(task);
        }
    }

    @Nullable RetainedTask find(TaskId id) {
        return cache.getIfPresent(id);
    }

    /** Keeps {@code task}, unless it alone is over the bound. */
    void put(TaskId id, RetainedTask task) {
        long charge = charge(task);
        if (charge > maxBytes) {
            return;
        }
        bytes += charge;
        cache.put(id, task);
        while (bytes > maxBytes && evictOldest()) {
            // until it fits
        }
    }

    /** Drops what is past its time. */
    void sweep() {
        cache.cleanUp();
    }

    long size() {
        return cache.estimatedSize();
    }

    long bytes() {
        return bytes;
    }

    private boolean evictOldest() {
        Set<TaskId> oldest = age.oldest(EVICTED_AT_ONCE).keySet();
        for (TaskId id : oldest) {
            if (bytes <= maxBytes - maxBytes / 64) {
                return true;
            }
            cache.invalidate(id);
        }
        return !oldest.isEmpty();
    }

    private static long charge(RetainedTask task) {
        return ENTRY_OVERHEAD + (long) task.result().footprint();
    }
}
