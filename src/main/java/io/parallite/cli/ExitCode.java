package io.parallite.cli;

/** Exit codes of all commands; those from 64 on are of sysexits.h. */
public final class ExitCode {

    public static final int OK = 0;

    /**
     * A task failed, or the answer is no; for the daemon: {@code fail_mode=stop_all} stopped it.
     */
    public static final int FAILED = 1;

    /** EX_USAGE: the arguments cannot be understood. */
    public static final int USAGE = 64;

    /** EX_UNAVAILABLE: no daemon answers; for the daemon: its socket is taken or cannot be made. */
    public static final int UNAVAILABLE = 69;

    /** EX_IOERR: the command did its work, and its output could not be written. */
    public static final int OUTPUT = 74;

    /** EX_CONFIG: the configuration cannot be used. */
    public static final int CONFIG = 78;

    /** Ended by Ctrl-C, as a shell has it. */
    public static final int INTERRUPTED = 130;

    private ExitCode() {}
}
