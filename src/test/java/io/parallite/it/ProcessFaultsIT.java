package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Processes that want to stay, limits that are reached, and directories that others share. */
@EnabledOnOs(OS.LINUX)
final class ProcessFaultsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /**
     * Leaves two processes without parent, session and environment; the file {@code left} has their
     * ids.
     */
    private static final String DAEMONIZES =
            "for i in 1 2; do (env -i setsid sh -c 'echo $$ >>left; exec sleep 300' >/dev/null 2>&1 &); done;"
                    + " while [ $(wc -l <left 2>/dev/null || echo 0) -lt 2 ]; do sleep 0.02; done";

    @Test
    @DisplayName("Line 17: what a task has daemonized ends with its worker")
    void killsDaemonizedProcessesWithTheWorker() throws IOException {
        DaemonBuilder builder = daemon("--fixed-workers", "1");
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            client.send(command("leaves", DAEMONIZES, builder));
            client.receive("leaves");
            List<Long> left = left(builder);
            assertThat(left).hasSize(2).allMatch(Processes::isAlive);

            client.submit("dies", closure("function () { posix_kill(getmypid(), 9); }"))
                    .assertFailure("WORKER_CRASHED", "SIGKILL");

            await().atMost(PATIENCE).until(() -> left.stream().noneMatch(Processes::isAlive));
            client.submit("next", sleep(1)).assertResult("slept");
            daemon.assertRestored();
        }
    }

    @Test
    @DisplayName("Line 17: what a task has daemonized does not survive kill -9 of the daemon")
    void killsDaemonizedProcessesWithTheDaemon() throws IOException {
        DaemonBuilder builder = daemon("--fixed-workers", "1");
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            client.send(command("leaves", DAEMONIZES, builder));
            client.receive("leaves");
            List<Long> left = left(builder);

            daemon.killHard();

            await().atMost(PATIENCE).until(() -> left.stream().noneMatch(Processes::isAlive));
        }
    }

    @Test
    @DisplayName("Line 8: a second signal leaves nothing that a task has daemonized")
    void killsDaemonizedProcessesOnASecondSignal() throws IOException {
        DaemonBuilder builder = daemon("--fixed-workers", "1");
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            client.send(command("leaves", DAEMONIZES + "; sleep 300", builder));
            await().atMost(PATIENCE).until(() -> left(builder).size() == 2);
            List<Long> left = left(builder);
            daemon.signal("TERM");
            await().atMost(PATIENCE).until(() -> !Files.exists(daemon.socket()));

            daemon.end("TERM");

            await().atMost(PATIENCE).until(() -> left.stream().noneMatch(Processes::isAlive));
        }
    }

    @Test
    @DisplayName("Line 22: starts that fail at the limit of processes harm nobody else")
    void survivesTheLimitOfProcesses() throws Exception {
        assumeThat(System.getProperty("user.name"))
                .as("root knows no limit of processes")
                .isNotEqualTo("root");
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "1", "--max-workers", "8").startAtRest();
                TestClient client = daemon.connect()) {
            client.send(TestClient.task("long", sleep(2000)));
            limitProcesses(daemon, "1");
            for (int i = 0; i < 4; i++) {
                client.send(TestClient.task("short" + i, sleep(1)));
            }
            await().atMost(PATIENCE).until(() -> daemon.log().contains("ulimit -u"));

            limitProcesses(daemon, "unlimited");

            client.receive("long").assertResult("slept");
            client.submit("later", sleep(1)).assertResult("slept");
            daemon.assertRestored();
        }
    }

    private static void limitProcesses(DaemonProcess daemon, String limit) throws Exception {
        new ProcessBuilder("prlimit", "--pid=" + daemon.pid(), "--nproc=" + limit + ":")
                .inheritIO()
                .start()
                .waitFor();
    }

    @Test
    @DisplayName("Lines 10, 26: a daemon in another pid namespace leaves the run directory alone")
    void sharesItsDirectoryWithAnotherPidNamespace() throws IOException {
        String[] apart = {
            "unshare", "-Ur", "--pid", "--fork", "--mount-proc", "--kill-child",
        };
        assumeThat(runs(apart, "true")).as("there are user and pid namespaces here").isTrue();
        DaemonBuilder builder = daemon("--fixed-workers", "1");
        try (DaemonProcess first = builder.startAtRest();
                TestClient client = first.connect()) {
            Path run = builder.project().resolveSibling("run");
            List<String> before = names(run);

            try (DaemonProcess second =
                    daemon("--fixed-workers", "1")
                            .env("XDG_RUNTIME_DIR", run.toString())
                            .under(apart)
                            .start()) {
                assertThat(names(run)).containsAll(before);
                second.killHard();
            }

            client.submit("dies", closure("function () { posix_kill(getmypid(), 9); }"))
                    .assertFailure("WORKER_CRASHED");
            client.submit("next", sleep(1)).assertResult("slept");
            first.assertRestored();
            deleteOthers(run, before);
        }
    }

    private static boolean runs(String[] wrapper, String program) throws IOException {
        try {
            return new ProcessBuilder(
                                    Stream.concat(Stream.of(wrapper), Stream.of(program)).toList())
                            .start()
                            .waitFor()
                    == 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * A namespace that is killed leaves its daemon's directory, which the next daemon would remove.
     */
    private static void deleteOthers(Path run, List<String> kept) throws IOException {
        for (String name : names(run)) {
            if (!kept.contains(name)) {
                try (Stream<Path> files = Files.walk(run.resolve(name))) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    @Test
    void makesItsRunDirectoryAnewWhenItWasRemoved() throws IOException {
        DaemonBuilder builder = daemon("--fixed-workers", "1");
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            deleteOthers(builder.project().resolveSibling("run"), List.of());

            client.submit("dies", closure("function () { posix_kill(getmypid(), 9); }"))
                    .assertFailure("WORKER_CRASHED");

            client.submit("next", sleep(1)).assertResult("slept");
            assertThat(daemon.log()).contains("is made anew");
        }
    }

    @Test
    void opensItsSocketAnewWhenItWasRemovedAndNotWhenItWasTouched() throws IOException {
        try (DaemonProcess daemon = daemon("--fixed-workers", "1").startAtRest()) {
            Files.setLastModifiedTime(daemon.socket(), FileTime.fromMillis(1000));
            Files.delete(daemon.socket());

            await().atMost(PATIENCE).until(() -> Files.exists(daemon.socket()));

            try (TestClient client = daemon.connect()) {
                client.submit("next", sleep(1)).assertResult("slept");
            }
            assertThat(daemon.log()).containsOnlyOnce("is opened anew");
        }
    }

    @Test
    @DisplayName("Line 10: a daemon that is stopped keeps its socket")
    void keepsTheSocketOfAStoppedDaemon() {
        DaemonBuilder builder = daemon("--fixed-workers", "1");
        try (DaemonProcess first = builder.startAtRest()) {
            first.signal("STOP");

            DaemonProcess.Ended second =
                    daemon().listeningAt(
                                    first.socket().toString(),
                                    UnixDomainSocketAddress.of(first.socket()))
                            .run();

            first.signal("CONT");
            assertThat(second.exitCode()).isEqualTo(69);
            assertThat(second.log()).contains("another daemon is listening on");
            first.assertRestored();
        }
    }

    private static Map<String, Object> command(String id, String command, DaemonBuilder builder) {
        return Map.of("task_id", id, "command", command, "cwd", builder.project().toString());
    }

    private static List<Long> left(DaemonBuilder builder) throws IOException {
        Path file = builder.project().resolve("left");
        return Files.exists(file)
                ? Files.readAllLines(file).stream().map(Long::valueOf).toList()
                : List.of();
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
