package io.parallite.process.resources;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of a process by {@code /proc}; see proc(5). Reads no disk. */
public final class ResidentMemory {

    private static final String RESIDENT = "\nVmRSS:";
    private static final String OWN_CLEAN = "\nPrivate_Clean:";
    private static final String OWN_DIRTY = "\nPrivate_Dirty:";

    private ResidentMemory() {}

    /**
     * The resident memory of a process in bytes; 0 when the process is gone or the system has no
     * {@code /proc}.
     */
    public static long bytes(long pid) {
        return parse(file(pid, "status"));
    }

    /**
     * The resident memory that a process shares with no other, in bytes; 0 when the process is gone
     * or the system does not tell. Takes a millisecond, since the system looks at every page.
     */
    public static long ownBytes(long pid) {
        String rollup = file(pid, "smaps_rollup");
        return field(rollup, OWN_CLEAN) + field(rollup, OWN_DIRTY);
    }

    private static String file(long pid, String name) {
        try {
            Path file = Path.of("/proc", Long.toString(pid), name);
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    public static long parse(String status) {
        return field(status, RESIDENT);
    }

    private static long field(String text, String field) {
        int at = text.indexOf(field);
        if (at < 0) {
            return 0;
        }
        long kilobytes = 0;
        for (int i = at + field.length(); i < text.length() && text.charAt(i) != '\n'; i++) {
            int digit = text.charAt(i) - '0';
            if (digit >= 0 && digit <= 9) {
                kilobytes = kilobytes * 10 + digit;
            }
        }
        return kilobytes * 1024;
    }
}
