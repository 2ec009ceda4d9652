package io.parallite.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel says a process does, from {@code /proc}; see proc(5). */
final class ProcessState {

    private ProcessState() {}

    /**
     * Whether the process runs, or would if a processor were free: it waits for nothing. Not when
     * it is gone, and where there is no {@code /proc}. Any thread: {@code /proc} is no disk.
     */
    static boolean isRunning(long pid) {
        try {
            byte[] stat = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "stat"));
            String text = new String(stat, StandardCharsets.ISO_8859_1);
            int behindName = text.lastIndexOf(')') + 2;
            return text.length() > behindName && text.charAt(behindName) == 'R';
        } catch (IOException e) {
            return false; // gone
        }
    }
}
