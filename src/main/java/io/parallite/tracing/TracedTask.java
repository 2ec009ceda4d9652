package io.parallite.tracing;

import io.opentelemetry.api.trace.Span;
import io.parallite.worker.WorkerLease;

/**
 * A task in flight whose trace is recorded. Times are nanoseconds since its submission. Owned by
 * the engine's thread.
 */
final class TracedTask {

    /** The value of a time that has not come. */
    static final long NEVER = -1;

    private final Span span;
    private final String runId;
    private final long submittedAt;
    private final long submitted;
    private long launched = NEVER;
    private long ready = NEVER;
    private long left = NEVER;

    /**
     * @param span of the whole task
     * @param runId the id of the span of its run, which is made when that has ended
     * @param submittedAt nanoseconds since the epoch
     * @param submitted by the engine's clock
     */
    TracedTask(Span span, String runId, long submittedAt, long submitted) {
        this.span = span;
        this.runId = runId;
        this.submittedAt = submittedAt;
        this.submitted = submitted;
    }

    Span span() {
        return span;
    }

    String runId() {
        return runId;
    }

    /** Nanoseconds since the epoch at {@code time} after the submission. */
    long at(long time) {
        return submittedAt + time;
    }

    /** It begins to run on a worker. */
    void start(WorkerLease on) {
        launched = on.workerLaunchedAt() - submitted;
        ready = on.workerReadyAt() - submitted;
        left = NEVER;
    }

    /** Whether its worker was started while it waited. */
    boolean hasWaitedForStart() {
        return launched >= 0 && ready >= launched;
    }

    /** When the start of its worker began, and when the worker was ready. */
    long launched() {
        return launched;
    }

    long ready() {
        return ready;
    }

    /** It is offered to other nodes. */
    void leave(long now) {
        left = now - submitted;
    }

    /** When it was offered to other nodes; {@link #NEVER} where it ran here. */
    long left() {
        return left;
    }
}
