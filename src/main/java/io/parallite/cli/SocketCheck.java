package io.parallite.cli;

import io.parallite.config.DaemonAddress;
import io.parallite.config.ListenAddress;
import io.parallite.process.files.RunDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The daemon's address, the daemon that is there, and what killed ones have left behind. */
final class SocketCheck {

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final DaemonAddress address;
    private final String version;
    private final List<Finding> findings = new ArrayList<>();
    private boolean answers;
    private long pid;

    /**
     * A check.
     *
     * @param version of this program
     */
    SocketCheck(DaemonAddress address, String version) {
        this.address = address;
        this.version = version;
    }

    /** Whether a daemon answered at the last look. */
    boolean isServed() {
        return answers;
    }

    /** The process id of that daemon; 0 when none answered. */
    long pid() {
        return pid;
    }

    List<Finding> look() {
        answers = lookAtDaemon();
        switch (address.address()) {
            case ListenAddress.Tcp _, ListenAddress.Tls _ ->
                    findings.add(
                            Finding.warn(
                                    "socket",
                                    address.described()
                                            + " can be reached by every user of this machine, who can then run any code",
                                    "use a socket's path where PHP has domain sockets"));
            case ListenAddress.Unix(Path path) -> lookAtFile(path);
        }
        lookForRunDirectories();
        return findings;
    }

    private boolean lookAtDaemon() {
        try (DaemonConnection daemon = DaemonConnection.open(address, PATIENCE)) {
            DaemonStats stats = new DaemonStats(daemon.call("stats").node());
            pid = stats.pid();
            String text =
                    "%s runs at %s, pid %d, up %s: %s"
                            .formatted(
                                    stats.version(),
                                    address.described(),
                                    stats.pid(),
                                    stats.uptime(),
                                    stats.workersText());
            if (!stats.startFailure().isEmpty()) {
                findings.add(
                        Finding.fail(
                                "daemon",
                                text + "; workers do not start: " + stats.startFailure(),
                                "mend what the message names; the daemon tries again by itself"));
            } else if (!stats.version().equals(version)) {
                findings.add(
                        Finding.warn(
                                "daemon",
                                text + "; this program is " + version,
                                "restart the daemon to bring it to the version that is installed"));
            } else {
                findings.add(Finding.ok("daemon", text));
            }
            return true;
        } catch (DaemonException e) {
            boolean none = address.path().map(path -> !Files.exists(path)).orElse(true);
            String text = String.valueOf(e.getMessage());
            findings.add(
                    none
                            ? Finding.ok("daemon", "none runs at " + address.described())
                            : Finding.warn("daemon", text, "see the socket below"));
            return false;
        }
    }

    private void lookAtFile(Path path) {
        Path directory = path.toAbsolutePath().resolveSibling("");
        if (Files.isRegularFile(path) || Files.isDirectory(path)) {
            findings.add(
                    Finding.fail(
                            "socket",
                            path + " exists and is not a socket",
                            "remove it, or choose another path (socket)"));
        } else if (Files.exists(path) && !answers) {
            findings.add(
                    Finding.warn(
                            "socket",
                            path
                                    + " was left behind by a daemon that was killed, or is another program's",
                            "nothing, where it is yours: the next start replaces it"));
        } else if (Files.exists(path) && isOpenToOthers(path)) {
            findings.add(
                    Finding.warn(
                            "socket",
                            path
                                    + " is open to other users, who can run any code as the daemon's user",
                            "chmod 600 " + path));
        } else if (!Files.isWritable(directory)) {
            findings.add(
                    Finding.fail(
                            "socket",
                            "no socket can be made in " + directory,
                            "create the directory for this user, or choose another path (socket)"));
        } else {
            findings.add(Finding.ok("socket", path + " can be served"));
        }
    }

    private static boolean isOpenToOthers(Path path) {
        try {
            Set<PosixFilePermission> permissions =
                    Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
            return permissions.contains(PosixFilePermission.OTHERS_WRITE);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    private void lookForRunDirectories() {
        Path base = RunDirectories.base();
        List<String> stale;
        try {
            stale = RunDirectories.stale(base).stream().map(Path::toString).toList();
        } catch (IOException e) {
            findings.add(
                    Finding.fail(
                            "run directory",
                            base + " cannot be read: " + e.getMessage(),
                            "set XDG_RUNTIME_DIR to a directory of this user"));
            return;
        }
        findings.add(
                stale.isEmpty()
                        ? Finding.ok("run directory", "nothing is left in " + base)
                        : Finding.warn(
                                "run directory",
                                "killed daemons have left " + String.join(", ", stale),
                                "nothing: the next start removes those of its user"));
    }
}
