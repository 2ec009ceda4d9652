package io.parallite.cluster;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.task.TaskId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Says every {@link #INTERVAL} that this node is alive, and renews its leases with it.
 *
 * <p>Others take over what was not renewed for {@link #VALIDITY}. A node that has had no heartbeat
 * confirmed for {@link #FENCE}, counted from when that was sent, ends the tasks that must run once:
 * before others can take them for lost. Owned by the engine's thread.
 */
final class Heartbeat {

    static final Duration INTERVAL = Duration.ofSeconds(5);
    static final Duration VALIDITY = Duration.ofSeconds(15);
    static final Duration FENCE = Duration.ofSeconds(10);

    private final Engine engine;
    private final TaskStore store;
    private final LeasedTasks leased;
    private final Supplier<Map<String, ?>> figures;
    private final Deadline next;
    private final Deadline fence;

    /**
     * @param figures what others are told of this node
     */
    Heartbeat(
            Engine engine, TaskStore store, LeasedTasks leased, Supplier<Map<String, ?>> figures) {
        this.engine = engine;
        this.store = store;
        this.leased = leased;
        this.figures = figures;
        this.next = new Deadline(engine, this::beat);
        this.fence = new Deadline(engine, leased::fence);
    }

    /** Sends one now, and the next ones in time. */
    void beat() {
        next.arm(INTERVAL);
        long sent = engine.nanoTime();
        store.heartbeat(VALIDITY, figures.get(), List.copyOf(leased.leases()))
                .subscribe()
                .with(lost -> onConfirmed(sent, lost), failure -> {});
    }

    private void onConfirmed(long sent, List<TaskId> lost) {
        Duration left = FENCE.minusNanos(engine.nanoTime() - sent);
        if (left.isPositive()) {
            fence.arm(left);
        }
        lost.forEach(id -> leased.lose(id, Duration.ZERO));
    }

    void stop() {
        next.close();
        fence.close();
    }
}
