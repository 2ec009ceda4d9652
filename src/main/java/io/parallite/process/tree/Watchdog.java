package io.parallite.process.tree;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * A shell that kills the processes of tasks when the daemon is killed by SIGKILL.
 *
 * <p>Workers have a parent-death signal, which their descendants do not inherit. The watchdog
 * sleeps on a pipe that only the daemon holds. When the pipe ends without the line {@code done},
 * the daemon is gone: the workers' control groups are killed, where they have them, and process
 * groups, each in one step, then every process that has the daemon's {@link ProcessMark}, until a
 * search finds none. It has a session of its own, so that no signal to the daemon's terminal or
 * process group ends it. Where there is no {@code /proc} there is no watchdog.
 *
 * <p>One sleeping process for each daemon, and nothing for each task. Any thread.
 */
public final class Watchdog {

    private static final Logger LOG = Logger.getLogger(Watchdog.class);

    /** Three searches in a row have to find nothing: a fork may hide its child from one. */
    private static final String SCRIPT =
            """
            trap '' HUP INT TERM
            groups=' ' cgroup=
            while read -r word pid; do
                case $word in
                    done) exit 0 ;;
                    cgroup) cgroup=$pid ;;
                    started) groups="$groups$pid " ;;
                    gone)
                        case $groups in *" $pid "*)
                            groups="${groups%% $pid *} ${groups#* $pid }" ;;
                        esac ;;
                esac
            done
            for file in ${cgroup:+"$cgroup"/worker-*/cgroup.kill}; do echo 1 2>/dev/null >"$file"; done
            for pid in $groups; do kill -s KILL -- "-$pid" 2>/dev/null; done
            searches=0 clean=0
            while [ $clean -lt 3 ] && [ $searches -lt 100 ]; do
                searches=$((searches + 1)) clean=$((clean + 1))
                for file in $(grep -lsE "$1" /proc/[0-9]*/limits; grep -lsF "$2" /proc/[0-9]*/environ); do
                    pid=${file#/proc/}
                    pid=${pid%/*}
                    kill -s KILL -- "-$pid" 2>/dev/null
                    kill -s KILL "$pid" 2>/dev/null && clean=0
                done
                [ $clean -eq 0 ] || sleep 0.05
            done
            rmdir ${cgroup:+"$cgroup"/worker-* "$cgroup"} 2>/dev/null
            """;

    private final Process process;
    private final OutputStream stdin;
    private boolean knowsGroups;

    private Watchdog(Process process) {
        this.process = process;
        this.stdin = process.getOutputStream();
    }

    /** Whether it would find anything here. */
    public static boolean isOfUse() {
        return Files.isReadable(Path.of("/proc/self/environ"));
    }

    /**
     * Starts one for all processes that have the reaper's mark.
     *
     * @throws IOException when there is no {@code setsid} or {@code sh}
     */
    public static Watchdog start(ProcessReaper reaper) throws IOException {
        ProcessMark mark = reaper.mark();
        List<String> command =
                List.of(
                        "setsid",
                        "sh",
                        "-c",
                        SCRIPT,
                        "parallite-watchdog",
                        mark.limitPattern(),
                        mark.variablePattern());
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(Path.of("/").toFile())
                        .redirectOutput(Redirect.DISCARD)
                        .redirectError(Redirect.DISCARD);
        builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
        Watchdog watchdog = new Watchdog(reaper.startHelper(builder));
        reaper.pids().forEach(pid -> watchdog.onStarted(pid, reaper));
        return watchdog;
    }

    /** A worker has been started that leads a process group. */
    public void onStarted(long pid, ProcessReaper reaper) {
        send("started " + pid);
        Path groups = knowsGroups ? null : reaper.groups().home();
        if (groups != null) {
            knowsGroups = true;
            send("cgroup " + groups);
        }
    }

    /** A worker and its group are gone. */
    public void onGone(long pid) {
        send("gone " + pid);
    }

    /** Ends it: the daemon stops in good order. */
    public void dismiss() {
        send("done");
    }

    private synchronized void send(String line) {
        try {
            stdin.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            stdin.flush();
        } catch (IOException e) {
            LOG.debugf("the watchdog pid=%d has gone: %s", process.pid(), e.getMessage());
        }
    }
}
