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
    private static final long OF_THE_DAEMON = 80;

    private static final long A_WORKER = 4;

    /** Reserve for each worker: every second one may have a successor that starts beside it. */
    private static final long SPARE = 2;

    /** One in so many descriptors may be a connection of HTTP's, within these bounds. */
    private static final int HTTP_SHARE = 16;

    private static final int LEAST_FOR_HTTP = 8;
    private static final int MOST_FOR_HTTP = 128;

    private OpenFiles() {}

    /** The descriptors of a daemon with so many workers and no client. */
    static long needed(long workers) {
        return OF_THE_DAEMON + workers * A_WORKER;
    }

    /**
     * How many descriptors are for clients beside a daemon with so many workers, each of which may
     * be replaced; a quarter of all at least, {@link Long#MAX_VALUE} where no limit is known.
     *
     * @param servesHttp whether {@link #forHttp} are others
     */
    public static long forClients(long workers, boolean servesHttp) {
        return forClients(ProcessLimits.read(Path.of("/")), workers, servesHttp);
    }

    static long forClients(ProcessLimits limits, long workers, boolean servesHttp) {
        OptionalLong limit = limits.openFiles();
        if (limit.isEmpty()) {
            return Long.MAX_VALUE;
        }
        long all = limit.getAsLong();
        long others = OF_THE_DAEMON + workers * (A_WORKER + SPARE);
        return Math.max(all / 4, all - others - (servesHttp ? forHttp(limits) : 0));
    }

    /** How many connections HTTP may have, so that it takes none of the clients' descriptors. */
    public static int forHttp() {
        return forHttp(ProcessLimits.read(Path.of("/")));
    }

    static int forHttp(ProcessLimits limits) {
        long share = limits.openFiles().orElse(Long.MAX_VALUE) / HTTP_SHARE;
        return Math.clamp(share, LEAST_FOR_HTTP, MOST_FOR_HTTP);
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
