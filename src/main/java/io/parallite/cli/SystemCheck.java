package io.parallite.cli;

import io.parallite.units.HumanUnits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the system allows: files, processes, memory; and the programs that guard workers. */
final class SystemCheck {

    private static final long FEW_FILES = 1024;
    private static final long FILES_A_WORKER = 4;
    private static final long FILES_OF_THE_JVM = 150;
    private static final long THREADS_A_WORKER = 4;
    private static final long THREADS_OF_THE_JVM = 40;
    private static final long HEAP = 512L << 20;
    private static final Pattern LIMIT =
            Pattern.compile(
                    "^(Max open files|Max processes)\\s+(\\d+|unlimited)\\s", Pattern.MULTILINE);

    private final long maxWorkers;
    private final long memoryLimit;
    private final Path root;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * A check.
     *
     * @param memoryLimit of a worker, in bytes; 0 when it has none
     * @param root where {@code proc} and {@code sys} are
     */
    SystemCheck(long maxWorkers, long memoryLimit, Path root) {
        this.maxWorkers = maxWorkers;
        this.memoryLimit = memoryLimit;
        this.root = root;
    }

    List<Finding> look() {
        lookAtFiles();
        lookAtProcesses();
        lookAtMemory();
        lookAtGuards();
        return findings;
    }

    private void lookAtFiles() {
        OptionalLong limit = limit("Max open files");
        if (limit.isEmpty()) {
            return;
        }
        long needed = FILES_OF_THE_JVM + maxWorkers * FILES_A_WORKER;
        String text =
                "%d may be open; %d workers and the daemon need %d, each connection one more"
                        .formatted(limit.getAsLong(), maxWorkers, needed);
        if (limit.getAsLong() < needed) {
            findings.add(
                    Finding.fail("open files", text, "raise `ulimit -n` (systemd: LimitNOFILE)"));
        } else if (limit.getAsLong() < Math.max(FEW_FILES, needed * 2)) {
            findings.add(
                    Finding.warn("open files", text, "raise `ulimit -n` (systemd: LimitNOFILE)"));
        } else {
            findings.add(Finding.ok("open files", text));
        }
    }

    private void lookAtProcesses() {
        long limit =
                Math.min(
                        limit("Max processes").orElse(Long.MAX_VALUE),
                        number("sys/fs/cgroup/pids.max").orElse(Long.MAX_VALUE));
        if (limit == Long.MAX_VALUE) {
            findings.add(Finding.ok("processes", "no limit"));
            return;
        }
        long needed = THREADS_OF_THE_JVM + maxWorkers * THREADS_A_WORKER;
        String text =
                "%d processes and threads are allowed; %d workers and the daemon need %d"
                        .formatted(limit, maxWorkers, needed);
        findings.add(
                limit < needed
                        ? Finding.fail(
                                "processes",
                                text,
                                "raise `ulimit -u` (systemd: TasksMax; containers: pids limit), or lower max_workers")
                        : Finding.ok("processes", text));
    }

    private void lookAtMemory() {
        OptionalLong group = number("sys/fs/cgroup/memory.max");
        OptionalLong memory = group.isPresent() ? group : totalMemory();
        if (memory.isEmpty()) {
            return;
        }
        String has =
                HumanUnits.bytes(memory.getAsLong())
                        + (group.isPresent() ? " for this group of processes" : "");
        if (memoryLimit == 0) {
            findings.add(
                    Finding.warn(
                            "memory",
                            has
                                    + "; workers have no memory_limit, so that one task can take all of it",
                            "set php_options to [\"-d\", \"memory_limit=256M\"] or so"));
            return;
        }
        long worst = maxWorkers * memoryLimit + HEAP;
        String text =
                "%s; %d workers of %s and the daemon's heap take at most %s"
                        .formatted(
                                has,
                                maxWorkers,
                                HumanUnits.bytes(memoryLimit),
                                HumanUnits.bytes(worst));
        findings.add(
                worst > memory.getAsLong()
                        ? Finding.warn(
                                "memory",
                                text,
                                "lower max_workers or PHP's memory_limit, or be sure that tasks stay far below it")
                        : Finding.ok("memory", text));
    }

    private void lookAtGuards() {
        if (!Files.isDirectory(root.resolve("proc/self"))) {
            findings.add(
                    Finding.warn(
                            "guards",
                            "there is no /proc: what a worker has started is found by its parents only",
                            "nothing on this system"));
        } else if (!Shell.isOnPath("setsid") || !Shell.isOnPath("setpriv")) {
            findings.add(
                    Finding.warn(
                            "guards",
                            "setsid or setpriv is missing: workers may outlive a daemon that is killed",
                            "install util-linux"));
        } else {
            findings.add(Finding.ok("guards", "setsid and setpriv end workers with the daemon"));
        }
    }

    private OptionalLong limit(String name) {
        Matcher matcher = LIMIT.matcher(read("proc/self/limits"));
        while (matcher.find()) {
            if (matcher.group(1).equals(name)) {
                return matcher.group(2).equals("unlimited")
                        ? OptionalLong.of(Long.MAX_VALUE)
                        : OptionalLong.of(Long.parseLong(matcher.group(2)));
            }
        }
        return OptionalLong.empty();
    }

    private OptionalLong number(String file) {
        String text = read(file).strip();
        return text.matches("\\d{1,18}")
                ? OptionalLong.of(Long.parseLong(text))
                : OptionalLong.empty();
    }

    private OptionalLong totalMemory() {
        Matcher matcher = Pattern.compile("MemTotal:\\s+(\\d+) kB").matcher(read("proc/meminfo"));
        return matcher.find()
                ? OptionalLong.of(Long.parseLong(matcher.group(1)) << 10)
                : OptionalLong.empty();
    }

    private String read(String file) {
        try {
            return Files.readString(root.resolve(file));
        } catch (IOException e) {
            return "";
        }
    }
}
