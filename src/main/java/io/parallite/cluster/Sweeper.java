package io.parallite.cluster;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/**
 * Takes back the tasks of dead nodes, now and then on each node.
 *
 * <p>When it has missed a look because Redis was away it waits for as long as a lease is good:
 * nobody could renew any, and those that run must have the time to. A connection that is only made
 * again, however often, does not put it off. Owned by the engine's thread.
 */
final class Sweeper {

    private static final Logger LOG = Logger.getLogger(Sweeper.class);

    private static final long JITTER_MILLIS = 1000;

    /** How many nodes may die of a task before it is put aside. */
    static final int MAX_DEATHS = 3;

    private final TaskStore store;
    private final LeaseTimes times;
    private final RandomGenerator random;
    private final Deadline next;
    private boolean missed;
    private long reclaimed;

    Sweeper(Engine engine, TaskStore store, LeaseTimes times, RandomGenerator random) {
        this.store = store;
        this.times = times;
        this.random = random;
        this.next = new Deadline(engine, this::sweep);
    }

    /** Redis is there, perhaps again. */
    void onUp() {
        if (!next.isArmed() || missed) {
            missed = false;
            next.arm(times.validity().plus(jitter()));
        }
    }

    private void sweep() {
        next.arm(times.interval().plus(jitter()));
        store.reclaim(times.validity(), MAX_DEATHS)
                .subscribe()
                .with(this::report, failure -> missed = true);
    }

    private Duration jitter() {
        return Duration.ofMillis(random.nextLong(JITTER_MILLIS));
    }

    private void report(TaskStore.Reclaimed found) {
        long all = found.requeued() + found.lost() + found.dead();
        reclaimed += all;
        if (all > 0) {
            LOG.warnf(
                    "tasks of lost nodes were found: %d run again, %d failed, %d are dead letters",
                    found.requeued(), found.lost(), found.dead());
        }
    }

    /** How many tasks this node has taken back so far. */
    long reclaimed() {
        return reclaimed;
    }

    void stop() {
        next.close();
    }
}
