package io.parallite.process;

import java.nio.file.Files;
import java.util.Locale;

/** What to do about a process that cannot be started. */
final class StartAdvice {

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

    private static boolean isError(String message, int errno, String text) {
        return message.contains("error=" + errno + ",") || message.contains(text);
    }
}
