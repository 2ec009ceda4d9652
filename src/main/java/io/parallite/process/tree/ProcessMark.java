package io.parallite.process.tree;

import io.parallite.config.Platform;
import io.parallite.engine.LibC;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Identifies the descendants of each worker of this daemon, by a number that every descendant
 * inherits.
 *
 * <p>Linux has a limit on file locks ({@code RLIMIT_LOCKS}) that it does not enforce, and passes on
 * at every fork and exec. Its soft value names the daemon and the worker: a session of its own, a
 * second fork and an empty environment leave it as it is. The environment carries a mark too
 * ({@link #VARIABLE}), for systems that keep no such limit (gVisor).
 *
 * <p>A process that sets its limit back ({@code ulimit -x unlimited}) and removes the variable has
 * left the worker's tree. {@link #during} is for the launcher's thread only, the rest for any.
 */
final class ProcessMark {

    /** The environment variable. */
    static final String VARIABLE = "PARALLITE_WORKER_ID";

    /** How many workers have numbers of their own; a later one gets that of one long gone. */
    private static final long WORKERS = 10_000_000;

    /** Of eleven digits, so that daemon and worker make eighteen, which fit. */
    private static final long LEAST_DAEMON = 10_000_000_000L;

    private final long daemon =
            ThreadLocalRandom.current().nextLong(LEAST_DAEMON, 10 * LEAST_DAEMON);
    private final String text = UUID.randomUUID() + ".";
    private final ProcessTable table;
    private final boolean limits;
    private final long before;

    ProcessMark(ProcessTable table) {
        this.table = table;
        OptionalLong own = Platform.isLinux() ? LibC.lockLimit(0) : OptionalLong.empty();
        this.before = own.orElse(-1);
        this.limits = own.isPresent() && LibC.setLockLimit(limit(0)) && LibC.setLockLimit(before);
    }

    private long limit(long worker) {
        return daemon * WORKERS + worker % WORKERS;
    }

    /** What the limits of all descendants begin with, in {@code /proc/PID/limits}; a pattern. */
    String limitPattern() {
        return "^Max file locks  *%d[0-9]{7} ".formatted(daemon);
    }

    /** What the environments of all descendants contain. */
    String variablePattern() {
        return VARIABLE + "=" + text;
    }

    /** The variable's value for a worker. */
    String variable(long worker) {
        return text + worker % WORKERS + ".";
    }

    /** Starts a process. */
    interface Start {
        Process run() throws java.io.IOException;
    }

    /** Has {@code start} pass the worker's mark on to the process that it starts. */
    Process during(long worker, Start start) throws java.io.IOException {
        boolean marked = limits && LibC.setLockLimit(limit(worker));
        try {
            return start.run();
        } finally {
            if (marked) {
                LibC.setLockLimit(before);
            }
        }
    }

    /** Whether {@link #give} works here. */
    boolean canBeGiven() {
        return limits;
    }

    /** Has a process, and all that it starts from now on, come from {@code worker}. */
    void give(long worker, int pid) {
        LibC.setLockLimit(pid, limit(worker));
    }

    /** The worker that a process comes from; {@code null} when from none of this daemon's. */
    @Nullable Long workerOf(int pid) {
        if (limits) {
            long limit = LibC.lockLimit(pid).orElse(0);
            return limit / WORKERS == daemon ? (Long) (limit % WORKERS) : null;
        }
        String environment = new String(table.environment(pid), StandardCharsets.ISO_8859_1);
        int at = environment.indexOf(variablePattern());
        if (at < 0) {
            return null;
        }
        int from = at + variablePattern().length();
        int to = environment.indexOf('.', from);
        return Long.valueOf(environment.substring(from, to));
    }
}
