package io.parallite.process.channel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The state of a process and its processor time, from {@code /proc}; see proc(5).
 *
 * @param isRunnable whether it runs, or would if a processor were free
 * @param cpuTicks processor time used, in the kernel's ticks (10 ms)
 * @param waits how often it has waited for something
 */
record ProcessState(boolean isRunnable, long cpuTicks, long waits) {

    /** Of a process that is gone, and of any where there is no {@code /proc}. */
    static final ProcessState UNKNOWN = new ProcessState(false, 0, 0);

    private static final String WAITS = "\nvoluntary_ctxt_switches:";
    private static final int STATE = 0;
    private static final int USER_TICKS = 11;
    private static final int SYSTEM_TICKS = 12;

    /** Reads it. Any thread: {@code /proc} is no disk. */
    static ProcessState of(long pid) {
        try {
            Path process = Path.of("/proc", Long.toString(pid));
            return parse(read(process.resolve("stat")), read(process.resolve("status")));
        } catch (IOException e) {
            return UNKNOWN; // gone
        }
    }

    /** From the texts of {@code stat} and {@code status}. */
    static ProcessState parse(String stat, String status) {
        String[] behindName = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        int waits = status.indexOf(WAITS);
        if (behindName.length <= SYSTEM_TICKS || waits < 0) {
            return UNKNOWN;
        }
        int from = waits + WAITS.length();
        return new ProcessState(
                behindName[STATE].equals("R"),
                Long.parseLong(behindName[USER_TICKS]) + Long.parseLong(behindName[SYSTEM_TICKS]),
                Long.parseLong(status.substring(from, status.indexOf('\n', from)).strip()));
    }

    /**
     * Whether it has computed ever since {@code earlier} and does still: it has used processor time
     * and has waited for nothing. One that merely runs at this moment may wait at the next.
     */
    boolean hasComputedSince(ProcessState earlier) {
        return isRunnable && waits == earlier.waits && cpuTicks > earlier.cpuTicks;
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }
}
