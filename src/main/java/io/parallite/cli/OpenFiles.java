package io.parallite.cli;

import io.parallite.config.ConfigException;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * How many descriptors a daemon needs, compared with {@code ulimit -n}.
 *
 * <p>With too few, the JVM fails somewhere in the middle of the start, each time in another class
 * and with a stack: so the daemon compares before it boots Quarkus.
 */
public final class OpenFiles {

    /** Jars, libraries, event loops and sockets of a daemon without workers, counted. */
    private static final long OF_THE_DAEMON = 160;

    private static final long A_WORKER = 4;

    /** Descriptors of a worker that starts beside the one that it replaces, shared by two. */
    private static final long SPARE = 2;

    private OpenFiles() {}

    /** The descriptors of a daemon with so many workers and no client. */
    static long needed(long workers) {
        return OF_THE_DAEMON + workers * A_WORKER;
    }

    /**
     * How many descriptors are for clients beside a daemon with so many workers, each of which may
     * be replaced; a quarter of all at least, {@link Long#MAX_VALUE} where no limit is known.
     */
    public static long forClients(long workers) {
        return forClients(ProcessLimits.read(Path.of("/")), workers);
    }

    static long forClients(ProcessLimits limits, long workers) {
        OptionalLong limit = limits.openFiles();
        if (limit.isEmpty()) {
            return Long.MAX_VALUE;
        }
        long all = limit.getAsLong();
        return Math.max(all / 4, all - OF_THE_DAEMON - workers * (A_WORKER + SPARE));
    }

    /**
     * Checks that a daemon with its persistent workers can start.
     *
     * @throws ConfigException when the limit of this process is lower than that needs
     */
    public static void check(long fixedWorkers) {
        check(ProcessLimits.read(Path.of("/")), fixedWorkers);
    }

    static void check(ProcessLimits limits, long fixedWorkers) {
        OptionalLong limit = limits.openFiles();
        long needed = needed(fixedWorkers);
        if (limit.isPresent() && limit.getAsLong() < needed) {
            throw new ConfigException(
                    "%d files may be open, and a daemon with fixed_workers=%d needs %d; raise `ulimit -n` (systemd: LimitNOFILE)"
                            .formatted(limit.getAsLong(), fixedWorkers, needed));
        }
    }
}
