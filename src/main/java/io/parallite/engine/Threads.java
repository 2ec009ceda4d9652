package io.parallite.engine;

import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;

/**
 * Threads for what blocks, such as waiting for a process, and what keeps such a thread alive. Any
 * thread may call.
 */
public final class Threads {

    private static final long SMALL_STACK = 128 * 1024;
    private static final Duration PAUSE = Duration.ofMillis(20);

    private Threads() {}

    /** Daemon platform threads of this name, with small stacks. */
    public static ThreadFactory daemon(String name) {
        return Thread.ofPlatform().name(name).daemon().stackSize(SMALL_STACK).factory();
    }

    /**
     * Starts one.
     *
     * @throws OutOfMemoryError when there can be no more threads
     */
    public static void startDaemon(String name, Runnable body) {
        daemon(name).newThread(body).start();
    }

    /**
     * Logs a {@code Throwable} on a thread that others depend on, and lets the thread go on after a
     * pause.
     *
     * @param what the thread does
     */
    public static void survive(Logger log, String what, Throwable thrown) {
        try {
            log.errorf(thrown, "a defect, or no memory or threads left, while %s", what);
        } catch (Throwable e) {
            // no memory to log with: there is more to lose than this line
        }
        LockSupport.parkNanos(PAUSE.toNanos());
    }
}
