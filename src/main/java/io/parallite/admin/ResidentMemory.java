package io.parallite.admin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What {@code /proc/PID/statm} says; see proc(5). */
final class ResidentMemory {

    private static final int PAGE = 4096;

    private ResidentMemory() {}

    /** The resident memory of a process; 0 when it is gone or the system has no {@code /proc}. */
    static long bytes(long pid) {
        try {
            String statm = Files.readString(Path.of("/proc", Long.toString(pid), "statm"));
            return Long.parseLong(statm.split(" ", 3)[1]) * PAGE;
        } catch (IOException e) {
            return 0;
        }
    }
}
