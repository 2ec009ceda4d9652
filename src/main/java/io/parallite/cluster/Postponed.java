package io.parallite.cluster;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.Optional;

/**
 * Has postponed tasks wait for a worker when their time has come. Every node does, so that none
 * depends on the one that has accepted it; when, Redis' clock says. Owned by the engine's thread.
 */
final class Postponed {

    private final TaskStore store;
    private final Deadline next;

    Postponed(Engine engine, TaskStore store) {
        this.store = store;
        this.next = new Deadline(engine, this::promote);
    }

    /** There is a task whose time comes after {@code delay}. */
    void expect(Duration delay) {
        if (!next.isArmed() || next.left().compareTo(delay) > 0) {
            next.arm(delay.plusMillis(1)); // clocks need not tick alike
        }
    }

    private void promote() {
        store.promote().subscribe().with(this::expectNext, failure -> {});
    }

    /** What a heartbeat has found; one that failed leaves it to the next. */
    void expectNext(Optional<Duration> delay) {
        delay.ifPresent(this::expect);
    }

    void stop() {
        next.close();
    }
}
