package io.parallite.process.tree;

import io.parallite.process.WorkerCommand;
import java.nio.file.Files;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What to do about a process that cannot be started. */
final class StartAdvice {

    private static final Pattern NUMBER = Pattern.compile("\\berror[=:] ?(\\d+)");

    private StartAdvice() {}

    /** A sentence for whom a failed start is reported to. */
    static String on(Throwable cause, WorkerCommand command) {
        String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (cause instanceof Error || isError(message, 11, "resource temporarily unavailable")) {
            return "the limit of processes, threads or memory is reached: raise ulimit -u, pids.max"
                    + " or the memory, or lower max_workers";
        }
        if (isError(message, 24, "too many open files") || isError(message, 23, "open files")) {
            return "the limit of open files is reached: raise ulimit -n, or lower max_workers";
        }
        if (isError(message, 12, "cannot allocate memory")) {
            return "there is no memory left: lower max_workers";
        }
        if (!Files.isDirectory(command.directory())) {
            return "its directory %s is gone: reload the daemon to follow the links anew"
                    .formatted(command.directory());
        }
        return "install PHP's command line (php-cli ≥ 8.2) or set php_binary";
    }

    /**
     * The number says it in every language; JDKs write it as {@code error=11,} or {@code error:
     * 11}.
     */
    private static boolean isError(String message, int errno, String text) {
        Matcher number = NUMBER.matcher(message);
        return number.find()
                ? number.group(1).equals(String.valueOf(errno))
                : message.contains(text);
    }
}
