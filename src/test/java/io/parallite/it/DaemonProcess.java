package io.parallite.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A running daemon. Closing it stops it and fails when anything is left behind: a process (all it
 * starts, at any depth, carry the variable {@link #MARK}), a socket file, a run-time directory.
 *
 * <p>Its directory holds {@code parallite.sock}, {@code log}, {@code project} (the current
 * directory) and {@code run} (where run-time directories go).
 */
final class DaemonProcess implements AutoCloseable {

    static final String MARK = "IT_MARK";

    /** {@code -Dit.keep=true} leaves the directories, with the logs, to be looked at. */
    private static final boolean KEEP = Boolean.getBoolean("it.keep");

    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration END = Duration.ofSeconds(15);

    private final Process process;
    private final Path directory;
    private final SocketAddress address;
    private final String mark;
    private final List<TestClient> clients = new ArrayList<>();
    private long filesAtRest = -1;
    private boolean endWasOurs = true;
    private boolean killedHard;

    DaemonProcess(Process process, Path directory, SocketAddress address, String mark) {
        this.process = process;
        this.directory = directory;
        this.address = address;
        this.mark = mark;
    }

    /**
     * How a daemon ended.
     *
     * @param took from the signal, or from the call, to the end of the process
     * @param log all it has written
     */
    record Ended(int exitCode, Duration took, String log) {}

    /** A connection that speaks JSON. */
    TestClient connect() {
        return connect(Encoding.JSON);
    }

    TestClient connect(Encoding encoding) {
        TestClient client = TestClient.connect(address, encoding);
        clients.add(client);
        return client;
    }

    long pid() {
        return process.pid();
    }

    Path directory() {
        return directory;
    }

    Path socket() {
        return directory.resolve("parallite.sock");
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** All it has written so far. */
    String log() {
        try {
            return Files.readString(directory.resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Stats stats() {
        try (TestClient client = connect()) {
            return new Stats(client.call(TestClient.request("stats", "stats")));
        }
    }

    /** The processes it has brought into being, at any depth. */
    List<Long> descendants() {
        return Processes.withVariable(MARK + "=" + mark).stream()
                .filter(pid -> pid != process.pid())
                .toList();
    }

    /**
     * Its sockets, its pipes and its open files in the run-time directory; not its jars, and not
     * the connections that the test has open.
     */
    private long openFiles() {
        clients.removeIf(client -> !client.isOpen());
        return (long) openFilesOfAll().size() - clients.size();
    }

    /** The same with the connections of the test. */
    private List<String> openFilesOfAll() {
        String runtime = directory.resolve("run").toString();
        return Processes.openFiles(pid()).stream()
                .filter(
                        file ->
                                file.startsWith("socket:")
                                        || file.startsWith("pipe:")
                                        || file.startsWith(runtime))
                .toList();
    }

    /**
     * Those that workers are forked from: they read their script from standard input and have no
     * standard output of their own.
     */
    List<Long> templates() {
        return descendants().stream()
                .filter(pid -> isOpen(pid, "template-") && !isOpen(pid, ".out"))
                .toList();
    }

    /** Its workers, and what they have started. */
    List<Long> workerTrees() {
        List<Long> trees = new ArrayList<>(descendants());
        trees.removeAll(templates());
        return trees;
    }

    private static boolean isOpen(long pid, String name) {
        return Processes.openFiles(pid).stream().anyMatch(file -> file.contains(name));
    }

    /** This daemon after {@code wait}, whose failure ends it: the test never gets to close it. */
    DaemonProcess whenReady(Consumer<DaemonProcess> wait) {
        try {
            wait.accept(this);
            return this;
        } catch (Throwable e) {
            process.destroyForcibly();
            throw e;
        }
    }

    void awaitAccepting() {
        await().atMost(START).pollInterval(Duration.ofMillis(20)).until(this::acceptsOrHasEnded);
        assertThat(process.isAlive()).as(() -> "daemon is up, its log:\n" + log()).isTrue();
    }

    private boolean acceptsOrHasEnded() {
        try (SocketChannel ignored = SocketChannel.open(address)) {
            return true;
        } catch (IOException e) {
            return !process.isAlive();
        }
    }

    /** Waits until its workers are up and idle, and remembers what it then holds open. */
    void awaitRest() {
        await().atMost(START)
                .pollInterval(Duration.ofMillis(30))
                .untilAsserted(() -> assertThat(stats()).matches(Stats::isAtRest, "is at rest"));
        filesAtRest = fewestOpenFiles();
    }

    /**
     * Takes what {@code other} held when it was at rest for what this one may hold, where this one
     * was disturbed while it started: they must have the same settings.
     */
    void restAs(DaemonProcess other) {
        filesAtRest = other.filesAtRest;
    }

    /** Seen over a moment, so that a connection that is just being closed is not counted. */
    private long fewestOpenFiles() {
        long[] fewest = {openFiles()};
        await().pollInterval(Duration.ofMillis(20))
                .during(Duration.ofMillis(100))
                .until(
                        () -> {
                            long now = openFiles();
                            boolean isNoFewer = now >= fewest[0];
                            fewest[0] = Math.min(fewest[0], now);
                            return isNoFewer;
                        });
        return fewest[0];
    }

    /**
     * Fails unless all is soon as it was at {@link #awaitRest}: as many idle workers, nothing
     * leased or queued, no process but the workers, no more open sockets, pipes and files.
     */
    void assertRestored() {
        assertRestoredWithin(Duration.ofMinutes(1));
    }

    void assertRestoredWithin(Duration patience) {
        await().atMost(patience)
                .pollInterval(Duration.ofMillis(30))
                .untilAsserted(
                        () -> {
                            Stats stats = stats();
                            assertThat(stats).matches(Stats::isAtRest, "is at rest");
                            List<Long> workers =
                                    stats.workers().stream().map(Stats.Worker::pid).toList();
                            assertThat(workerTrees())
                                    .as("processes")
                                    .containsExactlyInAnyOrderElementsOf(workers);
                        });
        // without asking for figures, whose connection the daemon may be slow to close
        await().atMost(patience)
                .pollInterval(Duration.ofMillis(30))
                .untilAsserted(
                        () ->
                                assertThat(openFiles())
                                        .as("open sockets, pipes and files: %s", openFilesOfAll())
                                        .isLessThanOrEqualTo(filesAtRest));
    }

    /** Stops it by SIGTERM. */
    Ended stop() {
        return end("TERM");
    }

    /** Sends a signal and waits for the end. */
    Ended end(String signal) {
        long since = System.nanoTime();
        signal(signal);
        return awaitEnd(since);
    }

    /** Sends a signal. */
    void signal(String name) {
        Processes.signal(pid(), name);
    }

    /** Kills it by SIGKILL; its socket file and run-time directory may then stay. */
    void killHard() {
        killedHard = true;
        signal("KILL");
        awaitEnd();
    }

    /** Waits for the end, which another cause than this harness must bring about. */
    Ended awaitEnd() {
        return awaitEnd(System.nanoTime());
    }

    /** Waits for the end of one that was only just started, and refuses to go on. */
    Ended awaitRefusal() {
        return awaitEnd(System.nanoTime(), START);
    }

    private Ended awaitEnd(long since) {
        return awaitEnd(since, END);
    }

    private Ended awaitEnd(long since, Duration patience) {
        endWasOurs = false;
        try {
            boolean ended = process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
            Duration took = Duration.ofNanos(System.nanoTime() - since);
            assertThat(ended).as(() -> "daemon ends, its log:\n" + log()).isTrue();
            return new Ended(process.exitValue(), took, log());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            if (endWasOurs) {
                assertThat(process.isAlive()).as(() -> "daemon is up, its log:\n" + log()).isTrue();
                assertThat(stop().exitCode()).as("exit code after SIGTERM").isZero();
            }
        } finally {
            process.destroyForcibly();
        }
        await("end of " + mark)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(descendants()).as("processes left").isEmpty());
        if (!killedHard) {
            assertNothingIn(directory, ".pl-*");
            assertNothingIn(directory.resolve("run"), "*");
            assertThat(!Files.exists(socket()) || Files.isRegularFile(socket()))
                    .as("nothing, or the test's own file, is where the socket was")
                    .isTrue();
        }
        if (!KEEP) {
            delete(directory);
        }
    }

    private static void assertNothingIn(Path directory, String glob) {
        try (Stream<Path> left = Files.list(directory)) {
            var matcher = directory.getFileSystem().getPathMatcher("glob:" + glob);
            assertThat(left.filter(file -> matcher.matches(file.getFileName())))
                    .as("left in " + directory)
                    .isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
