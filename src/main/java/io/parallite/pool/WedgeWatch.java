package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Detects that the queue is not served although it could be, and serves it again.
 *
 * <p>This is a safety net against a defect of the pool: an event that gives a worker to a task was
 * missed. With the net such a defect delays a task by a second and is logged; without it, the queue
 * would stand still until the next event. Looks once a second while tasks wait; without tasks there
 * is no timer. Owned by the engine's thread.
 */
final class WedgeWatch {

    private static final Logger LOG = Logger.getLogger(WedgeWatch.class);

    static final Duration STEP = Duration.ofSeconds(1);

    private final Supplier<@Nullable String> symptom;
    private final Runnable mend;
    private final Deadline deadline;
    private boolean isLogged;
    private long count;

    /**
     * @param symptom what is wrong, {@code null} when nothing is
     * @param mend sets the queue in motion; it arms the watch again when tasks still wait
     */
    WedgeWatch(Engine engine, Supplier<@Nullable String> symptom, Runnable mend) {
        this.symptom = symptom;
        this.mend = mend;
        this.deadline = new Deadline(engine, this::look);
    }

    /** Tasks wait. */
    void arm() {
        if (!deadline.isArmed()) {
            deadline.arm(STEP);
        }
    }

    private void look() {
        String wrong = symptom.get();
        if (wrong == null) {
            isLogged = false;
        } else {
            count++;
            if (!isLogged) {
                isLogged = true;
                LOG.errorf("the queue stood still and is served again: %s", wrong);
            }
        }
        mend.run();
    }

    /** How often it was wedged. */
    long count() {
        return count;
    }

    void close() {
        deadline.close();
    }
}
