package io.parallite.dispatch;

import io.parallite.task.EventSource;
import io.parallite.task.TaskId;
import io.parallite.task.TaskWatcher;

/** A {@link TaskWatcher} that follows a task. Owned by the engine's thread. */
public final class Watch {

    private final TaskId id;
    private final EventSource source;
    private final TaskWatcher watcher;

    Watch(TaskId id, EventSource source, TaskWatcher watcher) {
        this.id = id;
        this.source = source;
        this.watcher = watcher;
    }

    /** Where its events come from. */
    public EventSource source() {
        return source;
    }

    /** Holds or resumes the watcher if it follows this task. */
    public void hold(TaskId task, boolean held) {
        if (id.equals(task)) {
            watcher.hold(held);
            source.holdOrRelease();
        }
    }

    /** The task has ended: the watcher gets what it has missed while it was held. */
    public void release() {
        watcher.hold(false);
    }

    /** The watcher has caught up. */
    public void resume() {
        source.holdOrRelease();
    }

    /** Removes the watcher; further calls do nothing. */
    public void close() {
        source.remove(watcher);
    }
}
