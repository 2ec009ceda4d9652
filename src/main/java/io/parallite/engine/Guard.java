package io.parallite.engine;

import org.jboss.logging.Logger;

/**
 * Runs something optional, so that nothing it throws reaches the caller: not an exception, no
 * {@link StackOverflowError} and no {@link OutOfMemoryError} either.
 */
public final class Guard {

    private static final Logger LOG = Logger.getLogger(Guard.class);

    private Guard() {}

    /**
     * Runs {@code action}, and logs any {@code Throwable}.
     *
     * @param what says in the log what failed
     * @return whether it came to its end
     */
    public static boolean run(String what, Runnable action) {
        try {
            action.run();
            return true;
        } catch (Throwable e) {
            log(what, e);
            return false;
        }
    }

    /** Logs a {@code Throwable}, as far as that is possible. */
    public static void log(String what, Throwable thrown) {
        try {
            LOG.errorf(thrown, "%s failed", what);
        } catch (Throwable e) {
            // without memory, or stack, for a message
        }
    }
}
