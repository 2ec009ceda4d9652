package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import java.time.Duration;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Notices when the queue stands still though it could move, and sets it in motion again.
 *
 * <p>That must not happen: an event that hands a worker to a task was missed. It costs the task its
 * wait and an operator a look at the log, and not, until the next event, the service. Looks once a
 * second while tasks wait; without any, there is no timer. Owned by the engine's thread.
 */
final class WedgeWatch {

    private static final Logger LOG = Logger.getLogger(WedgeWatch.class);

    static final Duration STEP = Duration.ofSeconds(1);

    private final Supplier<@Nullable String> symptom;
    private final Runnable mend;
    private final Deadline deadline;
    private boolean told;
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
            told = false;
        } else {
            count++;
            if (!told) {
                told = true;
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
