package io.parallite.process.channel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.parallite.config.Platform;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Access to the pipes of another process, where the system allows it ({@code /proc/PID/fd}). */
final class ProcessPipes {

    private static final Logger LOG = Logger.getLogger(ProcessPipes.class);

    private ProcessPipes() {}

    /**
     * Opens a second reading end of the pipe at a process's descriptor: bytes that are available
     * there have not been read. {@code null} where that is not possible.
     */
    static @Nullable InputStream openOtherEnd(long pid, int descriptor) {
        Path path = Path.of("/proc", Long.toString(pid), "fd", Integer.toString(descriptor));
        try {
            return Files.exists(path) ? new FileInputStream(path.toFile()) : null;
        } catch (IOException e) {
            LOG.debugf("cannot look into the pipe of pid=%d: %s", pid, e.getMessage());
            return null;
        }
    }

    /** Whether a process has ended, perhaps without having been reaped; Linux only. */
    static boolean hasEnded(long pid) {
        if (!Platform.isLinux()) {
            return false;
        }
        try {
            String stat =
                    Files.readString(Path.of("/proc", Long.toString(pid), "stat"), ISO_8859_1);
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state == 'Z' || state == 'X';
        } catch (IOException e) {
            return Files.isDirectory(Path.of("/proc/self"));
        }
    }

    static void close(@Nullable Closeable end) {
        try {
            if (end != null) {
                end.close();
            }
        } catch (IOException e) {
            LOG.debugf("cannot close a pipe: %s", e.getMessage());
        }
    }
}
