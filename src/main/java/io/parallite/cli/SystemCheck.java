package io.parallite.cli;

import io.parallite.config.Platform;
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
    private static final long HEAP = 512L << 20;
    private final Workers workers;
    private final Path root;
    private final List<Finding> findings = new ArrayList<>();

    /**
     * The workers that the system must hold; sizes in bytes.
     *
     * @param fixed how many persistent ones there are
     * @param most how many there may be
     * @param memoryLimit what PHP allows each; 0 when it has no limit
     * @param memoryKept with how much between tasks one is replaced; 0 when that does not count
     * @param memoryBooted what one takes when it has booted; 0 when that is not known
     */
    record Workers(long fixed, long most, long memoryLimit, long memoryKept, long memoryBooted) {}

    /**
     * A check.
     *
     * @param root where {@code proc} and {@code sys} are
     */
    SystemCheck(Workers workers, Path root) {
        this.workers = workers;
        this.root = root;
    }

    List<Finding> look() {
        lookAtFiles();
        lookAtProcesses();
        OptionalLong memory = memory();
        memory.ifPresent(this::lookAtMemory);
        if (workers.memoryKept() > 0) {
            findings.add(keptMemory(memory.orElse(Long.MAX_VALUE)));
        }
        lookAtGuards();
        lookAtLimits();
        return findings;
    }

    private void lookAtFiles() {
        OptionalLong limit = ProcessLimits.read(root).openFiles();
        if (limit.isEmpty()) {
            return;
        }
        long needed = OpenFiles.needed(workers.most());
        String text =
                "%d may be open; %d workers and the daemon need %d, each connection one more"
                        .formatted(limit.getAsLong(), workers.most(), needed);
        if (limit.getAsLong() < OpenFiles.needed(workers.fixed())) {
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
        long limit = ProcessRoom.allowed(root);
        if (limit == Long.MAX_VALUE) {
            findings.add(Finding.ok("processes", "no limit"));
            return;
        }
        long needed = ProcessRoom.needed(workers.most());
        String text =
                "%d processes and threads are allowed; %d workers and the daemon need %d"
                        .formatted(limit, workers.most(), needed);
        if (limit < ProcessRoom.needed(workers.fixed())) {
            findings.add(Finding.fail("processes", text, ProcessRoom.ADVICE));
        } else {
            findings.add(
                    limit < needed
                            ? Finding.warn("processes", text, ProcessRoom.ADVICE)
                            : Finding.ok("processes", text));
        }
    }

    private OptionalLong memory() {
        OptionalLong group = groupMemory();
        return group.isPresent() ? group : totalMemory();
    }

    private OptionalLong groupMemory() {
        return number("sys/fs/cgroup/memory.max");
    }

    private void lookAtMemory(long memory) {
        String has =
                HumanUnits.bytes((double) memory)
                        + (groupMemory().isPresent() ? " for this group of processes" : "");
        if (workers.memoryLimit() == 0) {
            findings.add(
                    Finding.warn(
                            "memory",
                            has
                                    + "; workers have no memory_limit, so that one task can take all of it",
                            "set php_options to [\"-d\", \"memory_limit=256M\"] or so"));
            return;
        }
        long worst = workers.most() * workers.memoryLimit() + HEAP;
        String text =
                "%s; %d workers of %s and the daemon's heap take at most %s"
                        .formatted(
                                has,
                                workers.most(),
                                HumanUnits.bytes((double) workers.memoryLimit()),
                                HumanUnits.bytes((double) worst));
        findings.add(
                worst > memory
                        ? Finding.warn(
                                "memory",
                                text,
                                "lower max_workers or PHP's memory_limit, or be sure that tasks stay far below it")
                        : Finding.ok("memory", text));
    }

    /** Whether {@code worker_max_memory_mb} can do what it is for. */
    private Finding keptMemory(long memory) {
        String topic = "worker memory";
        String kept = "worker_max_memory_mb=%d".formatted(workers.memoryKept() >> 20);
        if (workers.memoryBooted() >= workers.memoryKept()) {
            return Finding.fail(
                    topic,
                    "%s is not above the %s that a worker takes when it has booted: each is replaced after its first task"
                            .formatted(kept, HumanUnits.bytes((double) workers.memoryBooted())),
                    "raise it to several times that, or set it to 0");
        }
        if (workers.memoryLimit() > 0 && workers.memoryKept() >= workers.memoryLimit()) {
            return Finding.warn(
                    topic,
                    "%s is not below PHP's memory_limit of %s: tasks fail before a worker is replaced for its memory"
                            .formatted(kept, HumanUnits.bytes((double) workers.memoryLimit())),
                    "lower it, or raise memory_limit (php_options)");
        }
        long worst = workers.most() * workers.memoryKept() + HEAP;
        String text =
                "%s: between tasks, %d workers and the daemon's heap take at most %s"
                        .formatted(kept, workers.most(), HumanUnits.bytes((double) worst));
        return worst > memory
                ? Finding.warn(topic, text, "lower it or max_workers: the machine has less")
                : Finding.ok(topic, text);
    }

    private void lookAtGuards() {
        if (!Files.isDirectory(root.resolve("proc/self"))) {
            findings.add(
                    Finding.warn(
                            "guards",
                            "there is no /proc: what a worker has started is found by its parents only",
                            "nothing on this system"));
        } else if (!Platform.isRunnable("setsid") || !Platform.isRunnable("setpriv")) {
            findings.add(
                    Finding.warn(
                            "guards",
                            "setsid or setpriv is missing: workers may outlive a daemon that is killed",
                            "install util-linux"));
        } else {
            findings.add(
                    Finding.ok(
                            "guards",
                            "setsid and setpriv end workers, and a watchdog what they have started, with the daemon"));
        }
    }

    /** By what {@code worker_nice} and its like are set. */
    private void lookAtLimits() {
        List<String> missing =
                List.of("nice", "ionice", "prlimit", "setpriv").stream()
                        .filter(program -> !Platform.isRunnable(program))
                        .toList();
        findings.add(
                missing.isEmpty()
                        ? Finding.ok(
                                "worker limits",
                                "worker_nice, worker_ionice and worker_memory_max can be set, as root also worker_user (nice, ionice, prlimit, setpriv)")
                        : Finding.warn(
                                "worker limits",
                                "missing: %s; settings that need them are refused at the start"
                                        .formatted(String.join(", ", missing)),
                                "install util-linux and coreutils"));
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
