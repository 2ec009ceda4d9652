package io.parallite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many clients may be connected: as many as there are descriptors for beside those that the
 * daemon needs itself, and as much heap as connections may take.
 */
final class MostConnections {

    /** Descriptors of the JVM, its jars, logs and sockets; measured 90 to 130. */
    private static final int OWN = 160;

    /** Descriptors of a worker: socket or pipes, the named pipe, its standard error, a spare one. */
    private static final int OF_WORKER = 6;

    /** Bytes of heap that a connection takes without what it sends and gets; measured 6 to 9 KB. */
    private static final int HEAP = 12 * 1024;

    private static final int LEAST = 8;

    private static final Path LIMITS = Path.of("/proc/self/limits");

    private MostConnections() {}

    /** For this process, beside {@code workers} workers. */
    static int of(int workers) {
        return of(openFiles(LIMITS), workers, Runtime.getRuntime().maxMemory());
    }

    /**
     * For a process that may have {@code openFiles} and a heap of {@code heap} bytes. However few
     * they are, a quarter of the descriptors is for clients.
     */
    static int of(long openFiles, int workers, long heap) {
        long reserve = Math.min(OWN + (long) OF_WORKER * workers, openFiles * 3 / 4);
        return (int) Math.max(LEAST, Math.min(openFiles - reserve, heap / 4 / HEAP));
    }

    /** How many files this process may have open by {@code limits}; without end if that is unknown. */
    static long openFiles(Path limits) {
        try {
            for (String line : Files.readAllLines(limits)) {
                if (line.startsWith("Max open files")) {
                    String soft = line.substring("Max open files".length()).strip().split("\\s+", -1)[0];
                    return soft.equals("unlimited") ? Integer.MAX_VALUE : Long.parseLong(soft);
                }
            }
        } catch (IOException | NumberFormatException e) {
            // not Linux: no limit is known
        }
        return Integer.MAX_VALUE;
    }
}
