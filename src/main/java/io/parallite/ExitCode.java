package io.parallite;

/** Exit codes of the daemon; those from 64 on are of sysexits.h. */
final class ExitCode {

    static final int OK = 0;

    /** {@code fail_mode=stop_all} and a task has failed. */
    static final int TASK_FAILED = 1;

    /** EX_UNAVAILABLE: the socket is taken or cannot be made. */
    static final int UNAVAILABLE = 69;

    /** EX_CONFIG: the configuration cannot be used. */
    static final int CONFIG = 78;

    private ExitCode() {}
}
