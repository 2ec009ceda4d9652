package io.parallite.cli;

import io.parallite.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;

/**
 * How many processes and threads a daemon needs, compared with what the system allows: {@code
 * ulimit -u}, and the {@code pids.max} of a container.
 *
 * <p>With too few, the JVM or Quarkus fails somewhere in the middle of the start, with a stack: so
 * the daemon compares before it boots Quarkus.
 */
public final class ProcessRoom {

    static final String ADVICE =
            "raise `ulimit -u` (systemd: TasksMax; containers: pids limit), or lower max_workers";

    /** Threads of a daemon without workers, and its watchdog, counted. */
    private static final long OF_THE_DAEMON = 32;

    /** A process, what starts it, and two threads that look after it. */
    private static final long A_WORKER = 4;

    /** Those that the daemon has not started when it looks. */
    private static final int STILL_TO_START = 16;

    private static final long STACK_BYTES = 64 * 1024;

    private static final Pattern ROOT = Pattern.compile("^Uid:\\s+0\\s", Pattern.MULTILINE);
    private static final Pattern WHOLE_SYSTEM = Pattern.compile("^\\s*0\\s+0\\s+4294967295");

    private ProcessRoom() {}

    /** The processes and threads of a daemon with so many workers. */
    static long needed(long workers) {
        return OF_THE_DAEMON + workers * A_WORKER;
    }

    /**
     * How many processes and threads there may be; {@link Long#MAX_VALUE} where there is no limit.
     *
     * @param root where {@code proc} and {@code sys} are
     */
    static long allowed(Path root) {
        return Math.min(
                isRoot(root)
                        ? Long.MAX_VALUE
                        : ProcessLimits.read(root).processes().orElse(Long.MAX_VALUE),
                number(root.resolve("sys/fs/cgroup/pids.max")).orElse(Long.MAX_VALUE));
    }

    /** Whether {@code ulimit -u} does not count: for root, but not for that of a user namespace. */
    private static boolean isRoot(Path root) {
        return ROOT.matcher(read(root.resolve("proc/self/status"))).find()
                && WHOLE_SYSTEM.matcher(read(root.resolve("proc/self/uid_map"))).find();
    }

    private static OptionalLong number(Path file) {
        String text = read(file).strip();
        return text.matches("\\d{1,18}")
                ? OptionalLong.of(Long.parseLong(text))
                : OptionalLong.empty();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    /**
     * Checks that a daemon with its persistent workers can start.
     *
     * @throws ConfigException when less is allowed than that needs
     */
    public static void check(long fixedWorkers) {
        check(Path.of("/"), fixedWorkers);
    }

    static void check(Path root, long fixedWorkers) {
        long allowed = allowed(root);
        long needed = needed(fixedWorkers);
        if (allowed < needed) {
            throw new ConfigException(
                    "%d processes and threads are allowed, and a daemon with fixed_workers=%d needs %d; %s"
                            .formatted(allowed, fixedWorkers, needed, ADVICE));
        }
    }

    /**
     * Checks that the threads of the daemon can be started beside other processes of the user: the
     * limit counts all that the user, or the container, runs.
     *
     * @throws ConfigException when they cannot
     */
    public static void tryThreads() {
        CountDownLatch over = new CountDownLatch(1);
        try {
            for (int i = 0; i < STILL_TO_START; i++) {
                Thread.ofPlatform().daemon().stackSize(STACK_BYTES).start(() -> await(over));
            }
        } catch (OutOfMemoryError e) {
            throw new ConfigException(
                    "no more processes and threads can be started: this user, or this container, has as many as it may; end some, or "
                            + ADVICE);
        } finally {
            over.countDown();
        }
    }

    private static void await(CountDownLatch over) {
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
