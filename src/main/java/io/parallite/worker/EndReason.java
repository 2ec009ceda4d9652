package io.parallite.worker;

import java.util.Locale;

/** Why a worker has ended: what restarts are counted by. */
public enum EndReason {
    /** It did not become ready. */
    START_FAILED(true),
    /** It ended by itself unexpectedly, or was killed by another process. */
    CRASHED(true),
    /** It sent what is no reply to its task. */
    PROTOCOL(true),
    /** It left in good order: {@code exit()} in a task, or a worker script's own limit. */
    EXITED(false),
    /** Its task ran for too long. */
    TIMEOUT(false),
    /** Its task was cancelled. */
    CANCELLED(false),
    /** It has run {@code worker_max_tasks}. */
    RECYCLED_TASKS(false),
    /** It has more memory than {@code worker_max_memory_mb}. */
    RECYCLED_MEMORY(false),
    /** It has lived for {@code worker_ttl_ms}. */
    RECYCLED_TTL(false),
    /** It made room for one with newer code. */
    RELOAD(false),
    /** Fewer persistent workers are wanted. */
    SCALED(false),
    /** It has run an isolated task, or made room for a worker that is to run one. */
    ISOLATED(false);

    private final boolean isFault;

    EndReason(boolean isFault) {
        this.isFault = isFault;
    }

    /** Whether the next worker may fail in the same way, so that its start is delayed. */
    public boolean isFault() {
        return isFault;
    }

    /** The name that figures and metrics show, for example {@code recycled_tasks}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
