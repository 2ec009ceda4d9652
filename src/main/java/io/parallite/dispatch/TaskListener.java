package io.parallite.dispatch;

/**
 * Who observes the tasks that pass. Called on the engine's thread for every task: it must be quick,
 * must not throw and must not keep the {@link TaskRun}, which holds payload and result.
 */
public interface TaskListener {

    /** The task is handed to a worker; again when that worker ended without having read it. */
    default void onStarted(TaskRun run) {}

    /** The task has ended; {@link TaskRun#outcome} and, if it failed, why are there. */
    void onEnded(TaskRun run);
}
