package io.parallite.pool;

import io.parallite.engine.Deadline;
import io.parallite.engine.Engine;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerStartException;
import io.parallite.task.TaskException;
import io.parallite.worker.EndReason;
import io.parallite.worker.Worker;
import io.parallite.worker.WorkerEnd;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * When a worker that has ended is replaced, and when starting workers makes no sense for a while.
 *
 * <h2>Delay</h2>
 *
 * <p>A worker that the daemon has ended, or that has ended in good order, is replaced at once. One
 * that has crashed is replaced after 1 s, 2 s, 4 s, … up to 30 s, each stretched by up to a fifth,
 * so that a pool does not start in step; a worker that answers a task begins at 1 s again.
 *
 * <h2>Pause</h2>
 *
 * <p>After a worker that did not start, no on-demand worker is started for the same delay, and
 * tasks are refused with what it wrote to standard error, unless another worker is there. A worker
 * that was killed from outside while it booted says nothing about its script: only a second one in
 * a row counts. The first worker that is known to run ends the pause: it has shaken hands, or
 * answered a task. That its process is there, which is all that the stdio transport knows at first,
 * says nothing.
 *
 * <h2>Probation</h2>
 *
 * <p>A worker that cannot say that its script runs, as a script on stdin and stdout, counts as one
 * that serves when it has lived for {@link #PROBATION}; when such workers have failed, for twice as
 * long as the last of them had lived. So a script that dies at each start never makes the daemon
 * ready. Once a worker is known to run, the others are trusted, until one does not start. A worker
 * that counts ends the report of {@link #lastFailure}.
 *
 * <p>Owned by the engine's thread.
 */
final class RestartPolicy {

    private static final Logger LOG = Logger.getLogger(RestartPolicy.class);

    /** How long a worker that does not say when its script runs must live to count as ready. */
    static final Duration PROBATION = Duration.ofMillis(500);

    private static final Duration FIRST_DELAY = Duration.ofSeconds(1);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(30);
    private static final double JITTER = 0.2;
    private static final int MAX_DOUBLINGS = 5;

    /** How many of the last workers of one name have failed, and how. */
    private static final class Failures {

        private int inARow;
        private int protocolFaults;

        private void onAnswered() {
            inARow = 0;
            protocolFaults = 0;
        }
    }

    /** What follows from the end of a worker. */
    sealed interface Verdict {

        EndReason reason();

        /** It may be replaced, after {@link RestartPolicy#delay}. */
        record Replace(EndReason reason) implements Verdict {}

        /** Its script does not work: no worker can be had until it does. */
        record CannotStart(EndReason reason, WorkerStartException why) implements Verdict {}
    }

    private final RandomGenerator random;
    private final Deadline pause;
    private final Deadline probationEnd;
    private final Failures onDemand = new Failures();

    /** On-demand workers that started, and failed before they had answered a task. */
    private final Failures unused = new Failures();

    private final Map<String, Failures> persistent = new HashMap<>();
    private @Nullable TaskException pauseCause;
    private @Nullable TaskException lastFailure;
    private @Nullable TaskException latest;
    private @Nullable TaskException latestOnDemand;
    private Duration onDemandDelay = Duration.ZERO;
    private int failuresInARow;
    private long probationNanos = PROBATION.toNanos();

    /**
     * @param onPauseOver called when workers may be started again
     */
    RestartPolicy(Engine engine, RandomGenerator random, Runnable onPauseOver) {
        this.random = random;
        this.pause = new Deadline(engine, onPauseOver);
        this.probationEnd = new Deadline(engine, () -> lastFailure = null);
    }

    /** Why nothing is started at the moment; {@code null} when workers may be started. */
    @Nullable TaskException pause() {
        return pause.isArmed() ? pauseCause : null;
    }

    /** The last failed start in words, until a worker that was started later counts as ready. */
    @Nullable String lastFailure() {
        return lastFailure == null ? null : lastFailure.explanation();
    }

    /** A worker has become ready; whether its script runs is not known yet. */
    void onReady() {
        if (probationNanos == 0) {
            lastFailure = null;
        } else {
            probationEnd.arm(Duration.ofNanos(probationNanos));
        }
    }

    /** Whether the script of {@code worker} runs, as far as that can be known. */
    boolean isPastProbation(Worker worker) {
        return worker.history().isProven() || worker.history().nanosSinceReady() >= probationNanos;
    }

    /** A worker is known to run. */
    void onProven() {
        lastFailure = null;
        pauseCause = null;
        failuresInARow = 0;
        onDemand.inARow = 0;
        probationNanos = 0;
        probationEnd.disarm();
        pause.disarm();
    }

    /**
     * A worker could not be started; on-demand workers count together. Workers that were to be
     * forked from one template fail with it, for the same {@code why}: that is one failure.
     *
     * @return after what delay to try again
     */
    Duration onStartFailed(WorkerName name, TaskException why) {
        boolean isNew = !isOneFailure(latest, why);
        latest = why;
        Duration delay = name.persistent() ? delayAfter(failuresOf(name)) : delayOfOnDemand(why);
        LOG.warnf("%s; next attempt in %d ms", why.explanation(), delay.toMillis());
        if (isNew) {
            failuresInARow++;
        }
        boolean mayBeChance = why instanceof WorkerStartException e && e.isBySignal();
        if (!mayBeChance || failuresInARow > 1) {
            lastFailure = why;
            probationEnd.disarm();
            pauseCause = why;
            pause.arm(delay);
        }
        return delay;
    }

    private Duration delayOfOnDemand(TaskException why) {
        if (!isOneFailure(latestOnDemand, why)) {
            latestOnDemand = why;
            onDemandDelay = delayAfter(onDemand);
        }
        return onDemandDelay;
    }

    /** Whether both workers waited for one template, which handed its failure to each. */
    @SuppressWarnings("ReferenceEquality") // two templates may fail with equal messages
    private static boolean isOneFailure(@Nullable TaskException before, TaskException why) {
        return why == before;
    }

    /** {@code worker} has ended, not by a failed start. */
    Verdict judge(Worker worker, WorkerEnd end) {
        Failures failures = failuresOf(worker.name());
        if (worker.history().served() > 0) {
            unused.onAnswered();
        }
        boolean isPersistent = worker.name().persistent();
        if (isPersistent && worker.history().served() > 0) {
            failures.onAnswered();
        } else if (isPersistent && end.reason() == EndReason.PROTOCOL) {
            failures.protocolFaults++;
        }
        String fault = end.fault();
        boolean neverRan = !worker.history().isProven() && !end.wasKilledByOthers();
        boolean isUseless = isPersistent && failures.protocolFaults > 1;
        if (fault != null && (neverRan || isUseless)) {
            prolongProbation(2 * worker.history().nanosSinceReady());
            return new Verdict.CannotStart(
                    neverRan ? EndReason.START_FAILED : end.reason(),
                    new WorkerStartException(
                            "worker %s %s before it answered a task; check worker_script and php_includes"
                                    .formatted(worker.name(), fault)));
        }
        return new Verdict.Replace(end.reason());
    }

    private void prolongProbation(long nanos) {
        probationNanos = Math.clamp(nanos, PROBATION.toNanos(), LONGEST_DELAY.toNanos());
    }

    /** After what delay the next worker of this name starts, when one has ended for {@code why}. */
    Duration delay(WorkerName name, EndReason why) {
        return why.isFault() ? delayAfter(failuresOf(name)) : Duration.ZERO;
    }

    /** For how long no on-demand worker is kept ready when one has failed that had done nothing. */
    Duration delayAfterUnused() {
        return delayAfter(unused);
    }

    private Failures failuresOf(WorkerName name) {
        return name.persistent()
                ? persistent.computeIfAbsent(name.value(), any -> new Failures())
                : onDemand;
    }

    private Duration delayAfter(Failures failures) {
        long millis = FIRST_DELAY.toMillis() << Math.min(failures.inARow, MAX_DOUBLINGS);
        failures.inARow++;
        double stretched =
                (double) Math.min(millis, LONGEST_DELAY.toMillis())
                        * (1 + JITTER * random.nextDouble());
        return Duration.ofMillis((long) Math.min(stretched, (double) LONGEST_DELAY.toMillis()));
    }

    /** Nothing is started from now on. */
    void close() {
        pause.close();
        probationEnd.close();
    }
}
