package io.parallite.history;

import io.parallite.task.FailureKind;
import io.parallite.task.FailurePlace;
import io.parallite.task.TaskFailure;
import io.parallite.task.TaskStatus;
import io.parallite.units.Texts;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Logs a line for each failed task: the reason, the place in the user's source, the worker and the
 * durations; never its payload or its output.
 *
 * <p>At most {@value #LINES_A_SECOND} lines a second are logged of each kind; the next line has the
 * number of those that were left out. Tasks that were cancelled, or were refused because the daemon
 * stops, have not failed. Owned by the engine's thread.
 */
final class FailureLog {

    static final int LINES_A_SECOND = 5;

    private static final Logger LOG = Logger.getLogger(FailureLog.class);

    private static final Set<String> NO_FAILURES =
            Set.of(FailureKind.CANCELLED.name(), FailureKind.SHUTTING_DOWN.name());

    /** Codes that worker scripts make up share one budget beyond so many. */
    private static final int KINDS = 32;

    private static final String OTHERS = "others";

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Map<String, Budget> budgets = new HashMap<>();

    /** The lines of one kind. */
    private static final class Budget {
        private long windowBegan;
        private int inWindow;
        private long suppressed;

        private Budget(long now) {
            windowBegan = now;
        }

        private boolean takes(long now) {
            if (now - windowBegan >= SECOND) {
                windowBegan = now;
                inWindow = 0;
            }
            if (inWindow < LINES_A_SECOND) {
                inWindow++;
                return true;
            }
            suppressed++;
            return false;
        }
    }

    /** Logs {@code failed}, which has ended at the time {@code now}. */
    void add(TaskStatus failed, long now) {
        TaskFailure failure = failed.failure();
        if (failure == null || NO_FAILURES.contains(failure.code())) {
            return;
        }
        Budget budget = budget(failure.code(), now);
        if (budget.takes(now)) {
            long more = budget.suppressed;
            budget.suppressed = 0;
            LOG.logf(
                    level(failure.code()),
                    "task failed%s kind=%s%s%s queued_ms=%d ran_ms=%d worker=%s task=%s",
                    more == 0 ? "" : " (and %d more of this kind)".formatted(more),
                    Texts.word(failure.code()),
                    failed.name() == null ? "" : " name=" + Texts.word(failed.name()),
                    place(failure.place()),
                    millis(failed.queuedNanos()),
                    millis(failed.ranNanos()),
                    failed.worker() == null ? "-" : failed.worker(),
                    failed.id());
        }
    }

    private Budget budget(String code, long now) {
        Budget known = budgets.get(code);
        return known == null
                ? budgets.computeIfAbsent(
                        budgets.size() < KINDS ? code : OTHERS, any -> new Budget(now))
                : known;
    }

    private static Logger.Level level(String code) {
        return code.equals(FailureKind.INTERNAL.name()) ? Logger.Level.ERROR : Logger.Level.WARN;
    }

    private static long millis(long nanos) {
        return Duration.ofNanos(nanos).toMillis();
    }

    /** Class, file and line, as far as the worker has reported them. */
    private static String place(FailurePlace known) {
        String type = known.type() == null ? "" : " class=" + word(known.type());
        return known.file() == null
                ? type
                : "%s at=%s:%d".formatted(type, word(known.file()), known.line());
    }

    private static String word(String text) {
        return Texts.printable(text).replaceAll("\\s", "_");
    }
}
