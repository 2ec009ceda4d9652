package io.parallite.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What {@code /proc/PID/status} says of a process's memory; see proc(5). */
public final class ResidentMemory {

    private static final String FIELD = "\nVmRSS:";

    private ResidentMemory() {}

    /**
     * The resident memory of a process in bytes; 0 when the process is gone or the system has no
     * {@code /proc}. Reads no disk, so that the engine's thread may call it.
     */
    public static long bytes(long pid) {
        try {
            Path file = Path.of("/proc", Long.toString(pid), "status");
            return parse(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return 0;
        }
    }

    public static long parse(String status) {
        int at = status.indexOf(FIELD);
        if (at < 0) {
            return 0;
        }
        long kilobytes = 0;
        for (int i = at + FIELD.length(); i < status.length() && status.charAt(i) != '\n'; i++) {
            int digit = status.charAt(i) - '0';
            if (digit >= 0 && digit <= 9) {
                kilobytes = kilobytes * 10 + digit;
            }
        }
        return kilobytes * 1024;
    }
}
