package io.parallite.deploy;

import org.junit.jupiter.api.Assumptions;

/**
 * The {@code php} on the {@code PATH}: the one that {@code deploy/tools-for-tests} has brought,
 * else the machine's.
 */
public final class Php {

    private static final Tool.Ended CHECK =
            Tool.tool("sh", Tool.project("deploy/require-php"), "--check").run();

    private Php() {}

    /** Skips the test, and says why, unless PHP is there with all that a worker needs. */
    public static void assumeUsable() {
        Assumptions.assumeTrue(
                CHECK.exitCode() == 0,
                () -> "no PHP that runs workers: " + CHECK.output().lines().findFirst().orElse(""));
    }
}
