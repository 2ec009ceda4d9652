package io.parallite.cli;

import io.netty.util.internal.PlatformDependent;
import io.parallite.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether there is the memory outside the heap that results may take. */
public final class ResultMemory {

    /** What the network takes outside the heap as well. */
    private static final long NETWORK = 16L << 20;

    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final Path CONTAINER = Path.of("/sys/fs/cgroup/memory.max");

    private ResultMemory() {}

    /**
     * Checks a configured {@code result_cache_bytes}.
     *
     * @throws ConfigException when the JVM, the container or the machine has not as much memory
     */
    public static void check(long cacheBytes) {
        check(
                cacheBytes,
                PlatformDependent.maxDirectMemory(),
                Math.min(kilobytes(MEMORY), bytes(CONTAINER)));
    }

    static void check(long cacheBytes, long outsideTheHeap, long machine) {
        if (cacheBytes > outsideTheHeap - NETWORK) {
            throw new ConfigException(
                    "result_cache_bytes=%d exceeds the %d bytes that the JVM may take outside its heap, less %d for the network; lower it, or set -XX:MaxDirectMemorySize in PARALLITE_JAVA_OPTS"
                            .formatted(cacheBytes, outsideTheHeap, NETWORK));
        }
        if (cacheBytes > machine) {
            throw new ConfigException(
                    "result_cache_bytes=%d exceeds the %d bytes of memory that there are; lower it"
                            .formatted(cacheBytes, machine));
        }
    }

    /** The memory of the machine by {@code /proc/meminfo}; without end where that is unknown. */
    private static long kilobytes(Path meminfo) {
        try {
            for (String line : Files.readAllLines(meminfo)) {
                if (line.startsWith("MemTotal:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // not Linux
        }
        return Long.MAX_VALUE;
    }

    private static long bytes(Path limit) {
        try {
            return Long.parseLong(Files.readString(limit).strip());
        } catch (IOException | NumberFormatException e) {
            return Long.MAX_VALUE; // no container, or one without a limit
        }
    }
}
