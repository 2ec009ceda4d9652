package io.parallite.process.tree;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The processes of this system and whose children they are, as {@code /proc} shows; see proc(5).
 *
 * <p>The children of a process are read from {@code /proc/PID/task/TID/children}, which costs no
 * more than there are. A kernel without that file has all processes looked at instead. Stateless;
 * any thread may use it, though not the engine's.
 */
class ProcessTable {

    private final Path proc;
    private final boolean listsChildren;

    ProcessTable(Path proc) {
        this.proc = proc;
        this.listsChildren = Files.isReadable(proc.resolve("thread-self/children"));
    }

    /** Whether there is anything to see. */
    boolean isThere() {
        return Files.isReadable(proc.resolve("self/stat"));
    }

    /** The children of a process; empty when it has none, or is gone. */
    List<Integer> children(int pid) {
        if (!listsChildren) {
            return childrenByScan(pid);
        }
        List<Integer> children = new ArrayList<>();
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(proc.resolve(pid + "/task"))) {
            for (Path thread : threads) {
                addChildren(thread, children);
            }
        } catch (IOException | DirectoryIteratorException e) {
            return children; // it has ended meanwhile
        }
        return children;
    }

    /**
     * The children of this process that {@code thread} has started, or has been given: those whose
     * parent has ended go to the first thread.
     */
    List<Integer> ownChildren(long thread) {
        if (!listsChildren) {
            return childrenByScan((int) ProcessHandle.current().pid());
        }
        List<Integer> children = new ArrayList<>();
        addChildren(proc.resolve("self/task").resolve(Long.toString(thread)), children);
        return children;
    }

    private static void addChildren(Path thread, List<Integer> children) {
        try {
            String list = Files.readString(thread.resolve("children"), StandardCharsets.ISO_8859_1);
            for (String pid : list.strip().split(" ", -1)) {
                if (!pid.isBlank()) {
                    children.add(Integer.valueOf(pid));
                }
            }
        } catch (IOException e) {
            return; // the thread has ended meanwhile
        }
    }

    private List<Integer> childrenByScan(int parent) {
        return all().stream().filter(pid -> parentOf(pid) == parent).toList();
    }

    /** All processes. */
    List<Integer> all() {
        List<Integer> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(proc, "[0-9]*")) {
            entries.forEach(entry -> found.add(Integer.valueOf(entry.getFileName().toString())));
        } catch (IOException | DirectoryIteratorException e) {
            return found; // the list has changed while it was read
        }
        return found;
    }

    /** The parent of a process; 0 when it is gone. */
    int parentOf(int pid) {
        try {
            String stat =
                    Files.readString(proc.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", 3)[1]);
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }

    /** The environment that a process was started with; empty when it cannot be read. */
    byte[] environment(int pid) {
        try {
            return Files.readAllBytes(proc.resolve(pid + "/environ"));
        } catch (IOException e) {
            return new byte[0];
        }
    }

    /** The kernel's id of the calling thread. */
    long currentThread() {
        try {
            Path self = Files.readSymbolicLink(proc.resolve("thread-self"));
            return Long.parseLong(self.getFileName().toString());
        } catch (IOException | RuntimeException e) {
            return ProcessHandle.current().pid();
        }
    }
}
