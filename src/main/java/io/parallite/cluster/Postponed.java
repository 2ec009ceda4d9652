package io.parallite.cluster;

import io.parallite.cluster.store.TaskStore;
import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.Optional;

/**
 * Queues delayed tasks that are due, by the clock of Redis. Every node does so, so no task depends
 * on the node that has accepted it. Owned by the engine's thread.
 */
final class Postponed {

    private final TaskStore store;
    private final Deadline next;

    Postponed(Engine engine, TaskStore store) {
        this.store = store;
        this.next = new Deadline(engine, this::promote);
    }

    /** A task becomes due after {@code delay}. */
    void expect(Duration delay) {
        if (!next.isArmed() || next.left().compareTo(delay) > 0) {
            next.arm(delay.plusMillis(1)); // clocks need not tick alike
        }
    }

    private void promote() {
        store.promote().subscribe().with(this::expectNext, failure -> {});
    }

    /** A heartbeat has found the next due time. */
    void expectNext(Optional<Duration> delay) {
        delay.ifPresent(this::expect);
    }

    void stop() {
        next.close();
    }
}
