package io.parallite.task;

/** How a task ended: with a worker's answer, or with the daemon's word in place of one. */
public sealed interface TaskResult {

    /** Whether the task succeeded. */
    boolean ok();

    /** The state of a task that has ended so. */
    default TaskState state() {
        return switch (this) {
            case Replied(byte[] ignored, boolean ok) -> ok ? TaskState.COMPLETED : TaskState.FAILED;
            case Failed(FailureKind kind, String ignored) ->
                    kind == FailureKind.CANCELLED ? TaskState.CANCELLED : TaskState.FAILED;
        };
    }

    /** About how many bytes of memory it takes to keep this result. */
    int footprint();

    /**
     * The worker's answer.
     *
     * @param frame the whole reply frame, length prefix included, in the encoding of the request
     * @param ok the reply's {@code ok}
     */
    @SuppressWarnings(
            "ArrayRecordComponent") // identity is what is wanted: frames are never compared
    record Replied(byte[] frame, boolean ok) implements TaskResult {
        @Override
        public int footprint() {
            return frame.length;
        }
    }

    /** The daemon's word that there is no answer. */
    record Failed(FailureKind kind, String message) implements TaskResult {
        @Override
        public boolean ok() {
            return false;
        }

        @Override
        public int footprint() {
            return 2 * message.length();
        }
    }
}
