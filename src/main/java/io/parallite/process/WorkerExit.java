package io.parallite.process;

/**
 * How a worker process ended.
 *
 * @param exitStatus as the shell would say: 128 plus the signal's number for a killed one
 * @param stderrTail the end of what it wrote to stderr, one line, possibly empty
 * @param requestUnread whether it is certain that the worker had not read all of the last frame
 *     sent to it, so that the task in it cannot have begun
 */
public record WorkerExit(int exitStatus, String stderrTail, boolean requestUnread) {

    private static final int SIGNALLED = 128;
    private static final int LAST_SIGNAL = 64;
    private static final int SIGKILL = 9;
    private static final int SIGSEGV = 11;
    private static final int SIGTERM = 15;

    /** Whether a signal ended it. */
    public boolean wasSignalled() {
        return exitStatus > SIGNALLED && exitStatus <= SIGNALLED + LAST_SIGNAL;
    }

    /** For example {@code exited with status 3: PHP Fatal error: …}. */
    public String describe() {
        return describe("");
    }

    /**
     * The same with what the worker did then.
     *
     * @param when follows the manner of its end, as in {@code exited with status 3 while it booted:
     *     PHP Fatal error: …}
     */
    public String describe(String when) {
        String how =
                switch (exitStatus - SIGNALLED) {
                    case SIGKILL -> "was killed by SIGKILL";
                    case SIGSEGV -> "was killed by SIGSEGV";
                    case SIGTERM -> "was killed by SIGTERM";
                    default -> "exited with status " + exitStatus;
                };
        String end = when.isEmpty() ? how : how + " " + when;
        return stderrTail.isEmpty() ? end : end + ": " + stderrTail;
    }
}
