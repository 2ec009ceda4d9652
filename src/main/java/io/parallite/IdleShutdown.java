package io.parallite;

import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Stops a daemon that is not used.
 *
 * <p>It looks now and then, so that a task costs nothing: the end comes up to a tenth of the limit
 * late. Owned by the engine's thread.
 */
final class IdleShutdown {

    private static final Logger LOG = Logger.getLogger(IdleShutdown.class);

    private static final int LOOKS = 10;
    private static final Duration SHORTEST_STEP = Duration.ofMillis(50);
    private static final Duration LONGEST_STEP = Duration.ofSeconds(10);

    private final Engine engine;
    private final Duration limit;
    private final LongSupplier uses;
    private final BooleanSupplier isWorking;
    private final Runnable stop;
    private long seen;
    private long quietSince;

    /**
     * @param limit how long it must have been unused
     * @param uses counts uses: it grows with every one
     * @param isWorking whether something is under way, however long ago it was asked for
     */
    IdleShutdown(
            Engine engine,
            Duration limit,
            LongSupplier uses,
            BooleanSupplier isWorking,
            Runnable stop) {
        this.engine = engine;
        this.limit = limit;
        this.uses = uses;
        this.isWorking = isWorking;
        this.stop = stop;
    }

    /** Begins to look; an unused daemon has the whole limit from now. */
    void watch() {
        seen = uses.getAsLong();
        quietSince = engine.nanoTime();
        lookAgain();
    }

    private void lookAgain() {
        Duration step = limit.dividedBy(LOOKS);
        if (step.compareTo(SHORTEST_STEP) < 0) {
            step = SHORTEST_STEP;
        } else if (step.compareTo(LONGEST_STEP) > 0) {
            step = LONGEST_STEP;
        }
        engine.schedule(step, this::look);
    }

    private void look() {
        long now = engine.nanoTime();
        long counted = uses.getAsLong();
        if (counted != seen || isWorking.getAsBoolean()) {
            seen = counted;
            quietSince = now;
        }
        if (now - quietSince < limit.toNanos()) {
            lookAgain();
            return;
        }
        LOG.infof("no task and no connection for idle_shutdown_ms=%d: stopping", limit.toMillis());
        stop.run();
    }
}
