package io.parallite.cluster;

import io.parallite.cluster.store.ClusterLoad;
import io.parallite.cluster.store.LeaseTimes;
import io.parallite.cluster.store.TaskStore;
import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Sends periodic heartbeats, which renew the leases of this node; the replies carry the load of the
 * cluster.
 *
 * <p>Fencing: when no heartbeat was confirmed for the fence time, counted from the sending of the
 * last confirmed one, the node ends the tasks that must run once, before other nodes can count them
 * as lost. Owned by the engine's thread.
 */
final class Heartbeat {

    private final Engine engine;
    private final TaskStore store;
    private final LeasedTasks leased;
    private final LeaseTimes times;
    private final Supplier<Map<String, ?>> figures;
    private final Deadline next;
    private final Deadline fence;
    private final Postponed postponed;
    private ClusterLoad load = ClusterLoad.UNKNOWN;

    /**
     * @param figures the figures of this node that other nodes see
     */
    Heartbeat(
            Engine engine,
            TaskStore store,
            LeasedTasks leased,
            LeaseTimes times,
            Postponed postponed,
            Supplier<Map<String, ?>> figures) {
        this.engine = engine;
        this.store = store;
        this.leased = leased;
        this.times = times;
        this.postponed = postponed;
        this.figures = figures;
        this.next = new Deadline(engine, this::beat);
        this.fence = new Deadline(engine, leased::fence);
    }

    /** Sends one now, and the next ones periodically. */
    void beat() {
        next.arm(times.interval());
        long sent = engine.nanoTime();
        store.heartbeat(times.validity(), figures.get(), List.copyOf(leased.leases()))
                .subscribe()
                .with(pulse -> onConfirmed(sent, pulse), failure -> {});
    }

    private void onConfirmed(long sent, TaskStore.Pulse pulse) {
        Duration left = times.fence().minusNanos(engine.nanoTime() - sent);
        if (left.isPositive()) {
            fence.arm(left);
        }
        load = pulse.load();
        postponed.expectNext(pulse.next());
        pulse.lost().forEach(id -> leased.lose(id, Duration.ZERO));
    }

    /** The load of the cluster as of the last heartbeat. */
    ClusterLoad load() {
        return load;
    }

    void stop() {
        next.close();
        fence.close();
    }
}
