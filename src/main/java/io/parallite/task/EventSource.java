package io.parallite.task;

/** Where the events of one task come from. Called on the engine's thread. */
public interface EventSource {

    /** Some watcher takes events again, or takes no more: goes on if none of them is behind. */
    void holdOrRelease();

    /** Tells this watcher nothing more; further calls do nothing. */
    void remove(TaskWatcher watcher);
}
