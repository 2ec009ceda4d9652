package io.parallite.cluster;

import io.parallite.cluster.store.Lease;
import io.parallite.cluster.store.TaskStore;
import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.TaskResult;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The results of leased tasks that are not stored in Redis yet. While Redis is unreachable, results
 * and returned tasks are buffered here, up to {@link #MOST_BYTES}. A result that does not fit is
 * dropped; its task runs again when its lease expires, or fails with {@code NODE_LOST}. Owned by
 * the engine's thread.
 */
final class Outbox {

    private static final Logger LOG = Logger.getLogger(Outbox.class);

    /** How many bytes of results are buffered while Redis is unreachable. */
    static final long MOST_BYTES = 64L << 20;

    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final int ENTRY = 256;

    /** The fixed share of the delay before a retry; the rest is random. */
    private static final double LEAST_SHARE = 0.5;

    /**
     * The outcome of an attempt.
     *
     * @param result {@code null} for a task that has not run and goes back into the queue
     * @param retried whether it is a failure after which the task is retried, if it has retries
     *     left
     */
    private record Entry(Lease lease, @Nullable TaskResult result, boolean retried) {
        long bytes() {
            return result == null ? ENTRY : ENTRY + (long) result.footprint();
        }
    }

    private final TaskStore store;
    private final Postponed postponed;
    private final RandomGenerator random;
    private final Deadline retry;
    private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
    private final Set<Lease> leases = new HashSet<>();
    private Runnable onEmpty = () -> {};
    private long bytes;
    private int sending;
    private long refused;

    Outbox(Engine engine, TaskStore store, Postponed postponed, RandomGenerator random) {
        this.store = store;
        this.postponed = postponed;
        this.random = random;
        this.retry = new Deadline(engine, this::flush);
    }

    /** Stores {@code result}, now or when Redis is reachable again. */
    void deliver(Lease lease, TaskResult result) {
        add(new Entry(lease, result, false));
    }

    /** The same for a failure after which the task may be retried. */
    void deliverOrRetry(Lease lease, TaskResult failure) {
        add(new Entry(lease, failure, true));
    }

    /** Returns a task that has not run to the queue, now or when Redis is reachable again. */
    void giveBack(Lease lease) {
        add(new Entry(lease, null, false));
    }

    private void add(Entry entry) {
        if (bytes + entry.bytes() > MOST_BYTES && bytes > 0) {
            LOG.warnf(
                    "a result is dropped, %d bytes of results are waiting for Redis task=%s",
                    bytes, entry.lease.id());
            return;
        }
        bytes += entry.bytes();
        leases.add(entry.lease);
        send(entry);
    }

    private void send(Entry entry) {
        sending++;
        TaskResult result = entry.result;
        taken(entry, result)
                .subscribe()
                .with(
                        isTaken -> {
                            if (!isTaken) {
                                refused++;
                                LOG.infof(
                                        "a late result was refused, the task belongs to another attempt task=%s",
                                        entry.lease.id());
                            }
                            sending--;
                            bytes -= entry.bytes();
                            leases.remove(entry.lease);
                            tellIfEmpty();
                        },
                        failure -> {
                            sending--;
                            waiting.add(entry);
                            retry.arm(RETRY);
                        });
    }

    private Uni<Boolean> taken(Entry entry, @Nullable TaskResult result) {
        if (result == null) {
            return store.giveBack(entry.lease);
        }
        if (!entry.retried) {
            return store.complete(entry.lease, result);
        }
        double share = LEAST_SHARE + random.nextDouble() * (1 - LEAST_SHARE);
        return store.completeOrRetry(entry.lease, result, share)
                .invoke(this::onStored)
                .map(stored -> !(stored instanceof TaskStore.Stored.Refused));
    }

    private void onStored(TaskStore.Stored stored) {
        if (stored instanceof TaskStore.Stored.Again(Duration delay)) {
            postponed.expect(delay);
        }
    }

    /** Tries again to store the buffered results. */
    void flush() {
        for (int i = waiting.size(); i > 0; i--) {
            send(waiting.remove());
        }
    }

    /** Calls {@code action} once the buffer is empty; at once if it is. */
    void whenEmpty(Runnable action) {
        onEmpty = action;
        tellIfEmpty();
    }

    private void tellIfEmpty() {
        if (waiting.isEmpty() && sending == 0) {
            Runnable tell = onEmpty;
            onEmpty = () -> {};
            tell.run();
        }
    }

    /** The leases of the attempts whose end is not stored yet. */
    Collection<Lease> leases() {
        return leases;
    }

    /** How many results are not stored yet. */
    int size() {
        return waiting.size() + sending;
    }

    /** How many were refused because their lease was lost. */
    long refused() {
        return refused;
    }

    void close() {
        retry.close();
    }
}
