package io.parallite.cli;

import io.parallite.config.DaemonAddress;
import io.parallite.config.Platform;
import io.parallite.config.Setting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A daemon that lives as long as the command that has started it: on a private socket, configured
 * by nothing of the current directory or the environment. Closing stops it and removes its files,
 * and so does the end of this process.
 */
final class OwnDaemon implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(20);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

    /** Of the variables that begin with {@code PARALLITE_}, those that are about Java. */
    private static final String ABOUT_JAVA = "PARALLITE_JAVA";

    private final Path scratch;
    private final String socket;
    private final Process process;
    private final Thread atExit = new Thread(this::stop, "stop own daemon");

    private OwnDaemon(Path scratch, String socket, Process process) {
        this.scratch = scratch;
        this.socket = socket;
        this.process = process;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Starts a daemon and waits until it answers.
     *
     * @param home the distribution
     * @param php the PHP of its workers
     * @throws DaemonException with the end of its output, when it ends or does not answer within a
     *     minute
     */
    static OwnDaemon start(Path home, String php) throws DaemonException, InterruptedException {
        try {
            Path scratch = Files.createTempDirectory("parallite-demo");
            String socket = socketIn(scratch);
            Process process = launch(home, php, scratch, socket);
            OwnDaemon daemon = new OwnDaemon(scratch, socket, process);
            daemon.awaitAnswer();
            return daemon;
        } catch (IOException e) {
            throw new DaemonException("cannot start a daemon: " + e.getMessage());
        }
    }

    private static Process launch(Path home, String php, Path scratch, String socket)
            throws IOException {
        String launcher = Platform.isWindows() ? "bin/parallite.bat" : "bin/parallite";
        ProcessBuilder builder =
                new ProcessBuilder(
                                home.resolve(launcher).toString(),
                                "--socket",
                                socket,
                                "--fixed-workers",
                                "4")
                        .directory(scratch.toFile())
                        .redirectInput(Platform.nullDevice())
                        .redirectErrorStream(true)
                        .redirectOutput(scratch.resolve("log").toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("PARALLITE_") && !name.startsWith(ABOUT_JAVA));
        builder.environment().put(Setting.PHP_BINARY.variable(), php);
        return builder.start();
    }

    /** A path; on Windows, where PHP has no Unix sockets, a port that was free a moment ago. */
    private static String socketIn(Path scratch) throws IOException {
        if (!Platform.isWindows()) {
            return scratch.resolve("socket").toString();
        }
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + probe.getLocalPort();
        }
    }

    /** Where it listens. */
    String socket() {
        return socket;
    }

    private void awaitAnswer() throws DaemonException, InterruptedException {
        DaemonAddress address = DaemonAddress.find(socket, null, Map.of(), scratch);
        long deadline = System.nanoTime() + START.toNanos();
        while (!answers(address)) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
                String log = log();
                close();
                throw new DaemonException("the daemon does not start:\n" + log);
            }
            Thread.sleep(LOOK_AGAIN);
        }
    }

    private static boolean answers(DaemonAddress address) {
        try (DaemonConnection connection = DaemonConnection.open(address, START)) {
            return connection.call("ping").isOk();
        } catch (DaemonException e) {
            return false; // not yet
        }
    }

    private String log() {
        try {
            List<String> lines = Files.readAllLines(scratch.resolve("log"));
            return String.join("\n", lines).indent(4).stripTrailing();
        } catch (IOException e) {
            return "    (its log cannot be read: " + e.getMessage() + ")";
        }
    }

    @Override
    public void close() {
        stop();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    private void stop() {
        process.destroy();
        try {
            if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        removeFiles();
    }

    private void removeFiles() {
        try (Stream<Path> files = Files.walk(scratch)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // left to the system, which empties its temporary directory
        }
    }
}
