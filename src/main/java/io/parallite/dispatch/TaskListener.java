package io.parallite.dispatch;

import io.parallite.engine.Guard;
import io.parallite.task.Task;
import java.time.Duration;

/**
 * Who observes the tasks that pass. Called on the engine's thread for every task: it must be quick,
 * must not throw and must not keep the {@link TaskRun}, which holds payload and result.
 */
public interface TaskListener {

    /**
     * The task is in flight from now on.
     *
     * @return the task as its worker is to get it, with the same id
     */
    default Task onSubmitted(Task task) {
        return task;
    }

    /**
     * The task is handed to a worker, whose lease {@code run} has; again when that worker ended
     * without having read it.
     */
    default void onStarted(TaskRun run) {}

    /**
     * The task waits no longer: another node may run it. If none does, it starts here after all.
     */
    default void onElsewhere(TaskRun run) {}

    /** The task has ended; {@link TaskRun#outcome} and, if it failed, why are there. */
    void onEnded(TaskRun run);

    /** No more tasks come: keeps what is not kept yet. Any thread but the engine's; may block. */
    default void stop(Duration patience) {}

    /** Both, this one first. */
    default TaskListener and(TaskListener other) {
        return new Both(this, other);
    }

    /** Two of them, neither of which suffers from what the other one throws. */
    record Both(TaskListener first, TaskListener second) implements TaskListener {

        private static final String OBSERVING = "observing a task";

        @Override
        public Task onSubmitted(Task task) {
            return second.onSubmitted(first.onSubmitted(task));
        }

        @Override
        public void onStarted(TaskRun run) {
            Guard.run(OBSERVING, () -> first.onStarted(run));
            second.onStarted(run);
        }

        @Override
        public void onElsewhere(TaskRun run) {
            Guard.run(OBSERVING, () -> first.onElsewhere(run));
            second.onElsewhere(run);
        }

        @Override
        public void onEnded(TaskRun run) {
            Guard.run(OBSERVING, () -> first.onEnded(run));
            second.onEnded(run);
        }

        @Override
        public void stop(Duration patience) {
            first.stop(patience);
            second.stop(patience);
        }
    }
}
