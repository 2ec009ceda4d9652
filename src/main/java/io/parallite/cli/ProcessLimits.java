package io.parallite.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The limits of this process that Linux shows in {@code /proc/self/limits}; see getrlimit(2).
 *
 * @param text the content of that file; empty on other systems
 */
record ProcessLimits(String text) {

    private static final Pattern SOFT_LIMIT =
            Pattern.compile(
                    "^(Max open files|Max processes)\\s+(\\d+|unlimited)\\s", Pattern.MULTILINE);

    /** Reads {@code proc/self/limits} below {@code root}. */
    static ProcessLimits read(Path root) {
        try {
            return new ProcessLimits(Files.readString(root.resolve("proc/self/limits")));
        } catch (IOException e) {
            return new ProcessLimits("");
        }
    }

    /** Descriptors; {@link Long#MAX_VALUE} without a limit, empty where it is not known. */
    OptionalLong openFiles() {
        return soft("Max open files");
    }

    /** Processes and threads of this user. */
    OptionalLong processes() {
        return soft("Max processes");
    }

    private OptionalLong soft(String name) {
        Matcher matcher = SOFT_LIMIT.matcher(text);
        while (matcher.find()) {
            if (matcher.group(1).equals(name)) {
                return matcher.group(2).equals("unlimited")
                        ? OptionalLong.of(Long.MAX_VALUE)
                        : OptionalLong.of(Long.parseLong(matcher.group(2)));
            }
        }
        return OptionalLong.empty();
    }
}
