package io.parallite.cluster;

import io.parallite.cluster.store.LeaseTimes;
import io.parallite.cluster.store.TaskStore;
import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/**
 * Reclaims the tasks of dead nodes, periodically on each node.
 *
 * <p>When it has missed a look because Redis was unreachable, it first waits for the validity of a
 * lease: no node could renew its leases, and running ones must get the time to. A mere reconnect
 * does not delay it. Owned by the engine's thread.
 */
final class Sweeper {

    private static final Logger LOG = Logger.getLogger(Sweeper.class);

    private static final long JITTER_MILLIS = 1000;

    /** How many nodes may die while they run a task before it becomes a dead letter. */
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

    /** Redis is reachable, perhaps again. */
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

    /** How many tasks this node has reclaimed so far. */
    long reclaimed() {
        return reclaimed;
    }

    void stop() {
        next.close();
    }
}
