package io.parallite.process.output;

import io.parallite.process.WorkerName;
import io.parallite.units.Texts;
import io.parallite.wire.Excerpt;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Logs the lines of one worker, each under worker and task. Of a worker that shouts {@link
 * #LINES_PER_SECOND} are logged; the rest is counted, and the count is logged when the second is
 * over. Any thread.
 */
final class OutputLog {

    private static final Logger LOG = Logger.getLogger("io.parallite.worker.output");

    private static final int LINES_PER_SECOND = 20;

    private final WorkerName worker;
    private final long pid;
    private final LineBudget budget = new LineBudget(LINES_PER_SECOND, System.nanoTime());
    private boolean isFlushPending;

    /**
     * The task of the lines that were not logged; {@code null} when there is none, or more than
     * one.
     */
    private @Nullable String suppressedTask;

    OutputLog(WorkerName worker, long pid) {
        this.worker = worker;
        this.pid = pid;
    }

    /**
     * Logs a line, if it may.
     *
     * @param task whose it is; {@code null} for nobody's
     */
    synchronized void write(String line, @Nullable String task) {
        long now = System.nanoTime();
        if (budget.isOver(now)) {
            flush();
        }
        if (budget.takes(now)) {
            write(Logger.Level.INFO, Excerpt.oneLine(line), task);
            return;
        }
        if (budget.suppressed() == 1) {
            suppressedTask = task;
        } else if (!Objects.equals(suppressedTask, task)) {
            suppressedTask = null;
        }
        if (!isFlushPending) {
            isFlushPending = true;
            CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(this::flush);
        }
    }

    /** Tells how many lines were not logged, if any were. */
    synchronized void flush() {
        isFlushPending = false;
        long suppressed = budget.takeSuppressed();
        if (suppressed > 0) {
            write(Logger.Level.WARN, "… %d lines more".formatted(suppressed), suppressedTask);
        }
    }

    /** The keys come last and are always there, so that no line can pass for another's. */
    private void write(Logger.Level level, String text, @Nullable String task) {
        LOG.logf(
                level,
                "%s worker=%s pid=%d task=%s",
                text,
                worker,
                pid,
                task == null ? "-" : Texts.word(task));
    }
}
