package io.parallite.cluster;

import io.parallite.task.EventSource;
import io.parallite.task.Task;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import io.parallite.task.TaskWatcher;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;

/** The interface of this daemon to its cluster. Called on the engine's thread. */
public interface LocalTasks {

    /** How many workers are idle while no task waits here. */
    int spareWorkers();

    /** How many workers run a task. */
    int busyWorkers();

    /** How many tasks wait for a worker here. */
    int queued();

    /** Most workers at a time. */
    int maxWorkers();

    /**
     * Removes the first waiting awaited task from the queue, to offer it to other nodes.
     *
     * @param waited only one that has waited for at least so long
     * @param maxFrame only one whose frame is no longer
     * @return whether there was one
     */
    boolean shed(Duration waited, int maxFrame);

    /** How long the task has waited that {@link #shed} takes next; empty when there is none. */
    Optional<Duration> longestWait(int maxFrame);

    /** Runs {@code task}; its result. Never fails: failures are results. */
    Uni<TaskResult> run(Task task);

    /** Ends a task that was given to {@link #run}; its worker is killed after {@code grace}. */
    void cancel(TaskId id, Duration grace);

    /**
     * Has {@code watcher} follow a task that was given to {@link #run}; empty when it has ended.
     */
    Optional<EventSource> follow(TaskId id, TaskWatcher watcher);

    /**
     * Passes a message on to a task that was given to {@link #run}; completes when its worker has
     * it. Those to one task complete in order. Fails with a {@code TaskException}.
     */
    Uni<Void> deliver(TaskId id, byte[] frame);
}
