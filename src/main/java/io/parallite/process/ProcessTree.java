package io.parallite.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A worker's process and all that it has brought into being.
 *
 * <p>The operating system's parent links lose a grandchild whose parent has ended: {@code sh -c
 * 'sleep 300 &'} belongs to init a moment later. Two things stay: the session, whose id is the
 * worker's process id when the worker was started with {@code setsid} ({@code /proc/PID/stat},
 * field 6), and a mark in the environment that every descendant inherits ({@code
 * /proc/PID/environ}), even one that makes a session of its own. See proc(5). Without {@code /proc}
 * only what the parent links show is found.
 *
 * <p>Its methods block for a moment: they are not for the engine's thread.
 */
final class ProcessTree {

    /** The environment variable that tells a worker's descendants from all other processes. */
    static final String MARK = "PARALLITE_WORKER_ID";

    private static final Path PROC = Path.of("/proc");
    private static final int ROUNDS = 3;

    private final ProcessHandle worker;
    private final byte[] mark;
    private final boolean leadsSession;

    ProcessTree(ProcessHandle worker, String mark, boolean leadsSession) {
        this.worker = worker;
        this.mark = (MARK + "=" + mark).getBytes(StandardCharsets.UTF_8);
        this.leadsSession = leadsSession;
    }

    /** Kills the worker and its descendants. */
    void kill() {
        List<ProcessHandle> descendants = worker.descendants().toList();
        worker.destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
        killLeftovers();
    }

    /** Kills what an ended worker has left behind. */
    void killLeftovers() {
        for (int round = 0; round < ROUNDS && Files.isDirectory(PROC); round++) {
            List<ProcessHandle> left = descendants();
            if (left.isEmpty()) {
                return;
            }
            left.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private List<ProcessHandle> descendants() {
        List<ProcessHandle> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                long pid = Long.parseLong(entry.getFileName().toString());
                if (pid != worker.pid() && isOfFamily(entry)) {
                    Optional<ProcessHandle> handle = ProcessHandle.of(pid);
                    handle.ifPresent(found::add);
                }
            }
        } catch (IOException | RuntimeException e) {
            return found; // a process has ended while the list was read
        }
        return found;
    }

    private boolean isOfFamily(Path entry) {
        try {
            String stat = Files.readString(entry.resolve("stat"), StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 5);
            boolean isZombie = fields[0].equals("Z");
            long session = Long.parseLong(fields[3]);
            return !isZombie && ((leadsSession && session == worker.pid()) || hasMark(entry));
        } catch (IOException | RuntimeException e) {
            return false; // ended meanwhile, or not ours to read
        }
    }

    private boolean hasMark(Path entry) throws IOException {
        byte[] environment = Files.readAllBytes(entry.resolve("environ"));
        for (int at = 0; at + mark.length <= environment.length; at++) {
            if (startsAt(environment, at)) {
                return true;
            }
        }
        return false;
    }

    private boolean startsAt(byte[] environment, int at) {
        for (int i = 0; i < mark.length; i++) {
            if (environment[at + i] != mark[i]) {
                return false;
            }
        }
        return true;
    }
}
