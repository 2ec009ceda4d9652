package io.parallite.dispatch;

import io.parallite.task.TaskId;

/** A {@link TaskWatcher} that follows a task. Owned by the engine's thread. */
public final class Watch {

    private final TaskRun run;
    private final TaskWatcher watcher;

    Watch(TaskRun run, TaskWatcher watcher) {
        this.run = run;
        this.watcher = watcher;
    }

    /** Holds or resumes the watcher if it follows this task. */
    public void hold(TaskId id, boolean held) {
        if (run.task().id().equals(id)) {
            watcher.hold(held);
            run.holdOrRelease();
        }
    }

    /** The watcher has caught up. */
    public void resume() {
        run.holdOrRelease();
    }

    /** Tells the watcher nothing more; further calls do nothing. */
    public void close() {
        run.remove(watcher);
    }
}
