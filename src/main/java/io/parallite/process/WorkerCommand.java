package io.parallite.process;

import io.parallite.config.Platform;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The command line and environment that start a worker.
 *
 * @param php the PHP binary, a name on the {@code PATH} or a path
 * @param options what goes before the script, for example {@code -d memory_limit=512M}
 * @param script the worker script
 * @param directory where it is run
 * @param environment added to the daemon's own
 * @param startTimeout how long the worker may take from its start until it is ready
 * @param limits what the system allows its process
 */
public record WorkerCommand(
        String php,
        List<String> options,
        Path script,
        Path directory,
        Map<String, String> environment,
        Duration startTimeout,
        WorkerLimits limits) {

    /** One of a process without limits. */
    public WorkerCommand(
            String php,
            List<String> options,
            Path script,
            Path directory,
            Map<String, String> environment,
            Duration startTimeout) {
        this(php, options, script, directory, environment, startTimeout, WorkerLimits.NONE);
    }

    /**
     * What Linux needs so that a worker's processes can be found and die with the daemon: a session
     * of their own, and SIGKILL when the thread that started them ends. Empty where {@code setsid}
     * and {@code setpriv} (util-linux) are not installed.
     */
    public static List<String> guard(boolean useSetpriv) {
        if (useSetpriv && Platform.isRunnable("setsid") && Platform.isRunnable("setpriv")) {
            return List.of("setsid", "setpriv", "--pdeathsig", "KILL");
        }
        return List.of();
    }

    /** The same with other options for PHP. */
    public WorkerCommand withOptions(List<String> others) {
        return new WorkerCommand(php, others, script, directory, environment, startTimeout, limits);
    }

    /**
     * The command line.
     *
     * @param moreOptions what goes before those for PHP
     * @param memoryIsLimited as {@link WorkerLimits#words} has it
     */
    public List<String> line(
            List<String> guard, List<String> moreOptions, boolean memoryIsLimited) {
        List<String> line = limits.words(guard, memoryIsLimited);
        line.add(php);
        line.addAll(moreOptions);
        line.addAll(options);
        line.add(script.toString());
        return line;
    }

    /**
     * Makes sure that there is a PHP to start: under {@code setsid} its absence would show as an
     * exit status only.
     *
     * @throws IOException naming the program
     */
    public void requirePhp() throws IOException {
        if (!Platform.isRunnable(php) && !Platform.isWindows()) {
            throw new IOException(
                    "php_binary=%s is %s"
                            .formatted(
                                    php, Platform.isPath(php) ? "not there" : "not on the PATH"));
        }
    }
}
