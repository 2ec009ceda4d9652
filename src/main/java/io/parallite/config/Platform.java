package io.parallite.config;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** The operating system, and what differs between them. */
public final class Platform {

    private static final String NAME = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);

    private Platform() {}

    public static boolean isLinux() {
        return NAME.equals("linux");
    }

    public static boolean isMac() {
        return NAME.startsWith("mac");
    }

    public static boolean isWindows() {
        return NAME.startsWith("windows");
    }

    /** Whether this is a native executable, not a JVM. */
    public static boolean isNative() {
        return "runtime".equals(System.getProperty("org.graalvm.nativeimage.imagecode"));
    }

    /** For messages, as Java has it, in small letters: {@code linux}, {@code mac os x}. */
    public static String name() {
        return NAME;
    }

    /** The file that is always empty. */
    public static File nullDevice() {
        return new File(isWindows() ? "NUL" : "/dev/null");
    }

    /** Whether {@code program}, a name on the {@code PATH} or a path, can be run. */
    public static boolean isRunnable(String program) {
        return isPath(program) ? Files.isExecutable(Path.of(program)) : isOnPath(program);
    }

    /** Whether {@code program} is a path, and not a name to be looked for. */
    public static boolean isPath(String program) {
        return program.contains("/") || program.contains(File.separator);
    }

    private static boolean isOnPath(String program) {
        String path = System.getenv("PATH");
        return path != null
                && Arrays.stream(path.split(File.pathSeparator, -1))
                        .filter(directory -> !directory.isEmpty())
                        .anyMatch(directory -> isIn(directory, program));
    }

    private static boolean isIn(String directory, String program) {
        return Files.isExecutable(Path.of(directory, program))
                || (isWindows() && Files.isExecutable(Path.of(directory, program + ".exe")));
    }
}
