package io.parallite.process;

import java.io.File;
import java.util.Locale;

/** What differs between operating systems. */
final class Platform {

    private static final boolean WINDOWS =
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");

    private Platform() {}

    /** The file that is always empty. */
    static File nullDevice() {
        return new File(WINDOWS ? "NUL" : "/dev/null");
    }
}
