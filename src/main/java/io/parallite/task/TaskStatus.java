package io.parallite.task;

import org.jspecify.annotations.Nullable;

/**
 * What is known of a task without its payload and result, as of one moment.
 *
 * @param name what it is called for people; {@code null} when it has no name
 * @param submittedAt milliseconds since the epoch
 * @param startedAt the same, of its (last) dispatch to a worker; 0 when it never got one
 * @param finishedAt the same, of its end; 0 while it is in flight
 * @param queuedNanos how long it has waited for that worker
 * @param ranNanos how long it has been on it
 * @param worker the name of that worker
 * @param pid the process id of that worker; 0 where it is unknown
 * @param progress what it said last of how far it is
 * @param failure why it failed
 */
public record TaskStatus(
        TaskId id,
        @Nullable String name,
        TaskState state,
        long submittedAt,
        long startedAt,
        long finishedAt,
        long queuedNanos,
        long ranNanos,
        @Nullable String worker,
        long pid,
        @Nullable TaskProgress progress,
        @Nullable TaskFailure failure) {

    private static final long NANOS_PER_MILLI = 1_000_000;

    /** A task of which no more is known than its worker and its times in whole milliseconds. */
    public TaskStatus(
            TaskId id,
            TaskState state,
            long submittedAt,
            long startedAt,
            long finishedAt,
            @Nullable String worker) {
        this(
                id,
                null,
                state,
                submittedAt,
                startedAt,
                finishedAt,
                nanos(submittedAt, startedAt > 0 ? startedAt : finishedAt),
                nanos(startedAt, finishedAt),
                worker,
                0,
                null,
                null);
    }

    /** The same task with another name. */
    public TaskStatus named(@Nullable String other) {
        return with(other, pid, failure);
    }

    /** The same task, on a worker with this process id. */
    public TaskStatus on(long workerPid) {
        return with(name, workerPid, failure);
    }

    /** The same task, with the reason of its failure. */
    public TaskStatus with(@Nullable TaskFailure why) {
        return with(name, pid, why);
    }

    /** The same task, with the last progress that it has reported. */
    public TaskStatus withProgress(@Nullable TaskProgress reported) {
        return with(name, pid, reported, failure);
    }

    private TaskStatus with(@Nullable String called, long workerPid, @Nullable TaskFailure why) {
        return with(called, workerPid, progress, why);
    }

    private TaskStatus with(
            @Nullable String called,
            long workerPid,
            @Nullable TaskProgress reported,
            @Nullable TaskFailure why) {
        return new TaskStatus(
                id,
                called,
                state,
                submittedAt,
                startedAt,
                finishedAt,
                queuedNanos,
                ranNanos,
                worker,
                workerPid,
                reported,
                why);
    }

    private static long nanos(long from, long to) {
        return from > 0 && to > from ? (to - from) * NANOS_PER_MILLI : 0;
    }
}
