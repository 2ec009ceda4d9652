package io.parallite.process.resources;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a process takes of the machine, without its children: as {@code /proc/PID/status} and {@code
 * /proc/PID/stat} tell, see proc(5); without them the processor time is the JDK's.
 *
 * @param memoryBytes resident memory; -1 where the system does not tell
 * @param cpuMillis processor time since its start; -1 where the system does not tell
 */
public record ProcessUsage(long memoryBytes, long cpuMillis) {

    private static final long UNKNOWN = -1;

    /** Of the clock ticks in {@code stat}: USER_HZ, which is 100 on every architecture of Linux. */
    private static final long MILLIS_PER_TICK = 10;

    private static final long KILO = 1024;

    /** Places of user and system time behind the command's closing parenthesis and a space. */
    private static final int UTIME = 11;

    private static final int STIME = 12;

    /** Looks at a process, which may block for a moment; empty when it is gone. */
    static Optional<ProcessUsage> of(long pid, Path proc) {
        if (Files.isDirectory(proc.resolve("self"))) {
            return read(proc.resolve(Long.toString(pid)));
        }
        return ProcessHandle.of(pid)
                .map(
                        process ->
                                new ProcessUsage(
                                        UNKNOWN,
                                        process.info()
                                                .totalCpuDuration()
                                                .map(Duration::toMillis)
                                                .orElse(UNKNOWN)));
    }

    private static Optional<ProcessUsage> read(Path process) {
        try {
            long memory = memory(text(process.resolve("status")));
            return Optional.of(new ProcessUsage(memory, cpu(text(process.resolve("stat")))));
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    /** A process may have put any bytes into its name. */
    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    private static long memory(String status) {
        return status.lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .findFirst()
                .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * KILO)
                .orElse(0L); // it has ended, and its parent has not looked yet
    }

    private static long cpu(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME])) * MILLIS_PER_TICK;
    }
}
