package io.parallite.worker;

/** The life of a worker. */
public enum WorkerState {
    /** Its process boots; it has not said that it is ready. */
    STARTING,
    /** Ready, in the pool. */
    IDLE,
    /** Leased, for one task. */
    BUSY,
    /** Told to end or killed; its process may still be there, and counts. */
    ENDING,
    /** Its process is gone. */
    DEAD;

    /** Whether a worker may go from this state to {@code next}. */
    boolean mayBecome(WorkerState next) {
        return switch (this) {
            case STARTING -> next == IDLE || next == ENDING || next == DEAD;
            case IDLE -> next == BUSY || next == ENDING || next == DEAD;
            case BUSY -> next == IDLE || next == ENDING || next == DEAD;
            case ENDING -> next == DEAD;
            case DEAD -> false;
        };
    }
}
