package io.parallite.process.files;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A control group of Linux, version 2: a directory whose files are read and written; see
 * cgroups(7). Any thread.
 *
 * @param path where it is mounted
 * @param isOfNamespace whether it is the uppermost that its processes can see
 */
public record Cgroup(Path path, boolean isOfNamespace) {

    /** What an operator does about groups that are not to be had. */
    public static final String ADVICE =
            "under systemd set Delegate=yes and ProtectControlGroups=no, in a container have cgroup v2 mounted writable (configuration.md, Limits of worker processes)";

    /** What the one of a daemon is called, in the one of all its workers. */
    static final String DAEMON = "daemon";

    static final String PROCESSES = "cgroup.procs";

    /** How a process is listed that this process namespace does not know. */
    private static final Long OUTSIDE = 0L;

    private static final String UNIFIED = "0::";
    private static final String SUBTREE = "cgroup.subtree_control";

    /** Two fields of {@code /proc/PID/mountinfo}; see proc(5). */
    private static final int MOUNTED = 3;

    private static final int MOUNT_POINT = 4;

    /**
     * The group of a process.
     *
     * @param root where {@code proc} and {@code sys} are
     * @param process its id, or {@code self}
     * @throws IOException saying why there is none
     */
    public static Cgroup of(Path root, String process) throws IOException {
        try (Stream<String> groups = Files.lines(root.resolve("proc/" + process + "/cgroup"));
                Stream<String> mounts = Files.lines(root.resolve("proc/self/mountinfo"))) {
            String group =
                    groups.filter(line -> line.startsWith(UNIFIED))
                            .map(line -> line.substring(UNIFIED.length()))
                            .filter(path -> !path.startsWith("/.."))
                            .findFirst()
                            .orElseThrow(() -> new IOException("there is no cgroup v2"));
            return mounts.filter(line -> line.contains(" - cgroup2 "))
                    .map(line -> line.split(" ", -1))
                    .filter(mount -> Path.of(group).startsWith(mount[MOUNTED]))
                    .map(
                            mount ->
                                    root.resolve(mount[MOUNT_POINT].substring(1))
                                            .resolve(
                                                    Path.of(mount[MOUNTED])
                                                            .relativize(Path.of(group))))
                    .map(Path::normalize)
                    .findFirst()
                    .map(path -> new Cgroup(path, group.equals("/")))
                    .orElseThrow(() -> new IOException("cgroup v2 is not mounted"));
        }
    }

    /** The group that was given to a daemon which has made this one for itself; else this one. */
    public Cgroup withoutDaemon() {
        Path all = path.getParent();
        return all != null && path.endsWith(DAEMON) && isOfDaemon(all)
                ? new Cgroup(all.resolveSibling(""), false)
                : this;
    }

    /** Whether one with this path may be that of all workers of a daemon. */
    static boolean isOfDaemon(Path path) {
        Path name = path.getFileName();
        return name != null && name.toString().startsWith(RunDirectories.PREFIX);
    }

    /** Whether it is the root of the hierarchy, which may have processes and controllers. */
    public boolean isRoot() {
        return !Files.exists(path.resolve("cgroup.type"));
    }

    /**
     * Why no groups can be made in it that limit what this controller is for, in a clause; empty
     * when they can, as long as no other process is in it.
     */
    public Optional<String> objection(String controller) throws IOException {
        if (!Files.isWritable(path)) {
            return Optional.of("%s cannot be written to by this user".formatted(path));
        }
        if (!words("cgroup.controllers").contains(controller)) {
            return Optional.of("%s is not given the controller %s".formatted(path, controller));
        }
        return !isRoot() && processes().contains(OUTSIDE)
                ? Optional.of("%s has processes from outside of this container".formatted(path))
                : Optional.empty();
    }

    /** The group in it that has this name, made if there is none. */
    Cgroup make(String name) throws IOException {
        return new Cgroup(Files.createDirectories(path.resolve(name)), false);
    }

    /** Has a process belong to it, with all its threads; nothing when it has ended. */
    void put(long pid) throws IOException {
        try {
            write(PROCESSES, Long.toString(pid));
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No such process")) {
                throw e;
            }
        }
    }

    /** The processes in it, and not in groups in it. */
    public List<Long> processes() throws IOException {
        return Files.readAllLines(path.resolve(PROCESSES)).stream().map(Long::valueOf).toList();
    }

    /**
     * Gives a controller to the groups in it.
     *
     * @return whether they had it not
     */
    boolean enable(String controller) throws IOException {
        boolean isNew = !words(SUBTREE).contains(controller);
        if (isNew) {
            write(SUBTREE, "+" + controller);
        }
        return isNew;
    }

    void disable(String controller) throws IOException {
        if (words(SUBTREE).contains(controller)) {
            write(SUBTREE, "-" + controller);
        }
    }

    private List<String> words(String file) throws IOException {
        return List.of(Files.readString(path.resolve(file)).strip().split(" ", -1));
    }

    boolean hasFile(String file) {
        return Files.exists(path.resolve(file));
    }

    void write(String file, String value) throws IOException {
        Files.writeString(
                path.resolve(file),
                value,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
    }

    /** A number in a file of lines with a word and a number each; 0 when it is not there. */
    long number(String file, String word) throws IOException {
        try (Stream<String> lines = Files.lines(path.resolve(file))) {
            return lines.filter(line -> line.startsWith(word + " "))
                    .map(line -> Long.valueOf(line.substring(word.length() + 1)))
                    .findFirst()
                    .orElse(0L);
        }
    }

    /** Whether a process that has not ended is in it, or in a group in it. */
    boolean isPopulated() throws IOException {
        return number("cgroup.events", "populated") > 0;
    }

    /** Kills all that is in it and in groups in it, in one step that no fork escapes. */
    void kill() throws IOException {
        write("cgroup.kill", "1");
    }

    /**
     * Removes it with the groups in it.
     *
     * @throws IOException when a process is in one
     */
    void remove() throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (DirectoryStream<Path> inside = Files.newDirectoryStream(path, Files::isDirectory)) {
            for (Path one : inside) {
                new Cgroup(one, false).remove();
            }
        }
        Files.deleteIfExists(path);
    }
}
