package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.process.WorkerStartException;
import io.parallite.task.TaskException;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong with starting workers, and until when not to try again.
 *
 * <p>A worker that somebody killed while it booted says nothing about its script: only a second one
 * in a row counts. The first that starts well makes everything good. Owned by the engine's thread.
 */
final class StartFailures {

    private static final Logger LOG = Logger.getLogger(StartFailures.class);

    private final Backoff onDemandBackoff;
    private final Deadline pause;
    private @Nullable TaskException last;
    private int inARow;

    /**
     * @param onOver told when something may be started again
     */
    StartFailures(Engine engine, Backoff onDemandBackoff, Runnable onOver) {
        this.onDemandBackoff = onDemandBackoff;
        this.pause = new Deadline(engine, onOver);
    }

    /** Why nothing is started at the moment; {@code null} when something may be. */
    @Nullable TaskException current() {
        return pause.isArmed() ? last : null;
    }

    /** The last failure in words, until a worker starts. */
    @Nullable String lastWords() {
        return last == null ? null : last.explanation();
    }

    /**
     * Takes note of a failure and answers after what delay to try again.
     *
     * @param slotBackoff of the slot that was to be filled; {@code null} for an on-demand worker
     */
    Duration onFailed(TaskException why, @Nullable Backoff slotBackoff) {
        Duration delay = (slotBackoff == null ? onDemandBackoff : slotBackoff).next();
        LOG.warnf("%s; next attempt in %d ms", why.explanation(), delay.toMillis());
        inARow++;
        boolean mayBeChance = why instanceof WorkerStartException e && e.isBySignal();
        if (!mayBeChance || inARow > 1) {
            last = why;
            pause.arm(delay);
        }
        return delay;
    }

    void onStarted() {
        last = null;
        inARow = 0;
        onDemandBackoff.reset();
        pause.disarm();
    }

    /** Nothing is started any more. */
    void close() {
        pause.close();
    }
}
