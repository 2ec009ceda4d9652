package io.parallite.process;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * A shell that ends what tasks had started when the daemon is killed by SIGKILL.
 *
 * <p>Workers ask Linux to be killed with their parent, but what they start does not inherit that.
 * The watchdog sleeps on a pipe that only the daemon holds: when it ends without a word, the daemon
 * is gone, and every process whose environment has the daemon's mark ({@link ProcessTree#MARK}) is
 * killed. It has a session of its own, so that no terminal and no process group takes it along.
 * Where there is no {@code /proc} there is no watchdog.
 *
 * <p>One sleeping process for each daemon, and nothing for each task. Any thread may use it.
 */
final class Watchdog {

    private static final Logger LOG = Logger.getLogger(Watchdog.class);

    /** Three rounds, for what starts something while it is being killed. */
    private static final String SCRIPT =
            """
            trap '' HUP INT TERM
            read word && exit 0
            for round in 1 2 3; do
                for file in $(grep -ls "$1" /proc/[0-9]*/environ); do
                    pid=${file#/proc/}
                    kill -9 "${pid%/environ}" 2>/dev/null
                done
                sleep 0.1
            done
            """;

    private final Process process;

    private Watchdog(Process process) {
        this.process = process;
    }

    /** Whether it would find anything here. */
    static boolean isOfUse() {
        return Files.isReadable(Path.of("/proc/self/environ"));
    }

    /**
     * Starts one for all processes whose environment contains {@code mark}.
     *
     * @throws IOException when there is no {@code setsid} or {@code sh}
     */
    static Watchdog start(String mark) throws IOException {
        List<String> command = List.of("setsid", "sh", "-c", SCRIPT, "parallite-watchdog", mark);
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(Path.of("/").toFile())
                        .redirectOutput(Redirect.DISCARD)
                        .redirectError(Redirect.DISCARD);
        builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
        return new Watchdog(builder.start());
    }

    /** Sends it home: the daemon stops in good order. */
    void dismiss() {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write("done\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            LOG.debugf("the watchdog has gone before: %s", e.getMessage());
        }
    }
}
