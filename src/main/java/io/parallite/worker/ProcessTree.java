package io.parallite.worker;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All processes that a worker has brought into being.
 *
 * <p>The operating system's parent links lose a grandchild whose parent has ended: {@code sh -c
 * 'sleep 300 &'} belongs to init a moment later. A worker that leads a session of its own is not
 * fooled: every descendant carries the session's id, which is the worker's process id. Linux tells
 * it in {@code /proc/PID/stat}, see proc_pid_stat(5), field 6.
 */
final class ProcessTree {

    private static final Path PROC = Path.of("/proc");
    private static final int ROUNDS = 3;

    private ProcessTree() {}

    /** Kills {@code root} and its descendants. Blocks for a moment: not for the engine's thread. */
    static void kill(ProcessHandle root, boolean leadsSession) {
        List<ProcessHandle> descendants = root.descendants().toList();
        root.destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
        killLeftovers(root.pid(), leadsSession);
    }

    /** Kills what an ended worker has left behind. */
    static void killLeftovers(long pid, boolean leadsSession) {
        if (!leadsSession) {
            return;
        }
        for (int round = 0; round < ROUNDS; round++) {
            List<ProcessHandle> left = session(pid);
            if (left.isEmpty()) {
                return;
            }
            left.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static List<ProcessHandle> session(long id) {
        List<ProcessHandle> members = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                long pid = Long.parseLong(entry.getFileName().toString());
                if (pid != id && sessionOf(entry) == id) {
                    Optional<ProcessHandle> handle = ProcessHandle.of(pid);
                    handle.ifPresent(members::add);
                }
            }
        } catch (IOException | NumberFormatException e) {
            return members;
        }
        return members;
    }

    private static long sessionOf(Path entry) {
        try {
            String stat = Files.readString(entry.resolve("stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 5);
            boolean isZombie = fields[0].equals("Z");
            return isZombie ? -1 : Long.parseLong(fields[3]);
        } catch (IOException | RuntimeException e) {
            return -1; // ended meanwhile, or not ours to read
        }
    }
}
