package io.parallite.process;

import io.parallite.config.ConfigException;
import io.parallite.config.ParalliteConfig;
import io.parallite.config.Platform;
import io.parallite.config.Setting;
import io.parallite.config.SystemUser;
import io.parallite.engine.LibC;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the system allows each worker process, and not the daemon: set by the programs that start
 * it, so that it holds for all that the worker starts, for a template and for every fork of it; or
 * by a {@link io.parallite.process.files.WorkerGroup}.
 *
 * @param nice the niceness, -20 to 19
 * @param ionice class and level of its input and output, such as {@code idle} or {@code
 *     best-effort:7}
 * @param memoryMax bytes of memory that a worker may have with all that it starts or, without a
 *     group, of private memory that each process may have ({@code RLIMIT_DATA}); 0: no limit
 * @param cpuWeight its weight among the groups of all workers; empty: that of the kernel
 * @param user whom it runs as, when that is not the daemon's user
 */
public record WorkerLimits(
        Optional<Integer> nice,
        Optional<String> ionice,
        long memoryMax,
        Optional<Integer> cpuWeight,
        Optional<SystemUser> user) {

    /** Those of a daemon that sets none. */
    public static final WorkerLimits NONE =
            new WorkerLimits(
                    Optional.empty(), Optional.empty(), 0, Optional.empty(), Optional.empty());

    private static final Pattern OUT_OF_MEMORY =
            Pattern.compile("out of memory|cannot allocate memory", Pattern.CASE_INSENSITIVE);

    /** Where the niceness of a process is in {@code /proc/PID/stat}, behind its name. */
    private static final int NICE_FIELD = 16;

    /** Those that are configured; {@link #require} checks whether they can be kept here. */
    public static WorkerLimits of(ParalliteConfig config) {
        return new WorkerLimits(
                config.workerNice(),
                config.workerIonice(),
                config.workerMemoryMax(),
                config.workerCpuWeight(),
                config.workerUser()
                        .map(name -> SystemUser.of(Setting.WORKER_USER, name))
                        .filter(user -> user.uid() != LibC.effectiveUser()));
    }

    /**
     * What goes ahead of the command line of a worker.
     *
     * @param guard as {@link WorkerCommand#guard} has it; its last program becomes the user, as the
     *     others may need the rights of this one
     * @param memoryIsLimited whether its memory is limited otherwise
     */
    List<String> words(List<String> guard, boolean memoryIsLimited) {
        List<String> words = new ArrayList<>(guard.subList(0, Math.min(1, guard.size())));
        words.addAll(niceWords());
        words.addAll(ioniceWords());
        if (!memoryIsLimited) {
            words.addAll(memoryWords());
        }
        if (!guard.isEmpty()) {
            words.addAll(guard.subList(1, guard.size()));
            words.addAll(userOptions());
        } else if (user.isPresent()) {
            words.addAll(userWords());
        }
        return words;
    }

    /** Whether some of them are for control groups. */
    public boolean needGroup() {
        return memoryMax > 0 || cpuWeight.isPresent();
    }

    private List<String> userWords() {
        List<String> words = new ArrayList<>(List.of("setpriv"));
        words.addAll(userOptions());
        return words;
    }

    private List<String> userOptions() {
        return user.map(
                        who ->
                                List.of(
                                        "--reuid=" + who.uid(),
                                        "--regid=" + who.gid(),
                                        "--init-groups"))
                .orElse(List.of());
    }

    /** Programs add to the niceness that they have themselves. */
    private List<String> niceWords() {
        return nice.map(wanted -> List.of("nice", "-n", "" + (wanted - ownNice())))
                .orElse(List.of());
    }

    private List<String> ioniceWords() {
        if (ionice.isEmpty()) {
            return List.of();
        }
        String[] parts = ionice.get().split(":", 2);
        List<String> words = new ArrayList<>(List.of("ionice", "-c", parts[0]));
        if (parts.length > 1) {
            words.addAll(List.of("-n", parts[1]));
        }
        return words;
    }

    private List<String> memoryWords() {
        return memoryMax == 0 ? List.of() : List.of("prlimit", "--data=" + memoryMax);
    }

    private static int ownNice() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Integer.parseInt(fields[NICE_FIELD]);
        } catch (IOException | RuntimeException e) {
            return 0; // no /proc
        }
    }

    /**
     * Makes sure that they can be set here. Blocks while programs are run.
     *
     * @throws ConfigException naming the first that cannot
     */
    public void require() {
        require(Setting.WORKER_NICE, nice.map(String::valueOf).orElse(""), niceWords());
        require(Setting.WORKER_IONICE, ionice.orElse(""), ioniceWords());
        require(Setting.WORKER_MEMORY_MAX, "" + memoryMax, memoryWords());
        user.ifPresent(who -> require(Setting.WORKER_USER, who.name(), userWords()));
    }

    /**
     * Makes sure that workers get to a directory.
     *
     * @throws ConfigException when they do not
     */
    public void requireAccess(Path directory) {
        if (user.isEmpty()) {
            return;
        }
        List<String> words = userWords();
        words.addAll(List.of("test", "-x", directory.toString()));
        if (!said(words).isEmpty()) {
            throw new ConfigException(
                    "worker_user=%s cannot enter %s, where workers find the daemon; set XDG_RUNTIME_DIR to a directory that every user may pass through"
                            .formatted(user.get().name(), directory));
        }
    }

    private static void require(Setting setting, String value, List<String> words) {
        if (words.isEmpty()) {
            return;
        }
        String problem =
                Platform.isRunnable(words.getFirst())
                        ? said(Stream.concat(words.stream(), Stream.of("true")).toList())
                        : words.getFirst() + " is not installed (util-linux, coreutils)";
        if (!problem.isEmpty()) {
            throw new ConfigException(
                    "%s=%s is not to be had here: %s; leave it out, or give the daemon's user the right"
                            .formatted(setting.key(), value, problem));
        }
    }

    /** What a program says against it: some do so and go on. */
    private static String said(List<String> line) {
        try {
            Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                            .strip()
                            .replace('\n', ' ');
            int status = process.waitFor();
            return status != 0 && said.isEmpty() ? "exit status " + status : said;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /** What tells programs whom they run as; where that user is at home is not known. */
    public static void putUser(Map<String, String> environment, SystemUser user) {
        environment.remove("HOME");
        environment.remove("XDG_RUNTIME_DIR");
        environment.put("USER", user.name());
        environment.put("LOGNAME", user.name());
    }

    /** The end of a worker's standard error, and the limit that it mentions. */
    public String explain(String words) {
        return memoryMax > 0 && OUT_OF_MEMORY.matcher(words).find()
                ? "%s (the worker may have worker_memory_max=%d bytes)".formatted(words, memoryMax)
                : words;
    }
}
