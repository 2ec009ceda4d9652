package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    /**
     * Leaves a process with the worker's standard error that is none of the worker's any longer.
     */
    private static final String LEAVES_THE_TREE =
            """
            { ulimit -w unlimited || ulimit -x unlimited; } 2>/dev/null
            env -i setsid sh -c 'echo $$ >left; exec sleep 300' &
            while [ ! -s left ]; do sleep 0.02; done
            """;

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    @DisplayName("Neither thread nor pipe of a dead worker stays for who holds its standard error")
    void keepsNothingOfADeadWorkerWhoseStandardErrorIsHeld(String start) throws IOException {
        DaemonBuilder builder =
                daemon("--fixed-workers", "1", "--max-workers", "2")
                        .json("{\"worker_start\": \"%s\"}".formatted(start))
                        .file("leave.sh", LEAVES_THE_TREE);
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            int before = pipesOfStandardError(daemon);
            client.submit("leaves", closure("fn () => exec('sh leave.sh >/dev/null')"));
            long left = left(builder).getFirst();
            try {
                client.submit("dies", closure("function () { posix_kill(getmypid(), 9); }"))
                        .assertFailure("WORKER_CRASHED");
                client.submit("next", sleep(1)).assertResult("slept");

                await().atMost(PATIENCE)
                        .untilAsserted(
                                () -> {
                                    assertThat(pipesOfStandardError(daemon)).isEqualTo(before);
                                    assertThat(threads(daemon))
                                            .noneMatch(name -> name.startsWith("stderr-work-"));
                                });
                assertThat(Processes.isAlive(left)).as("it holds standard error").isTrue();
            } finally {
                Processes.signal(left, "KILL");
            }
            daemon.assertRestored();
        }
    }

    private static int pipesOfStandardError(DaemonProcess daemon) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> open =
                Files.newDirectoryStream(Path.of("/proc/" + daemon.pid() + "/fd"))) {
            for (Path one : open) {
                try {
                    count += Files.readSymbolicLink(one).toString().contains(".err") ? 1 : 0;
                } catch (NoSuchFileException e) {
                    // closed meanwhile
                }
            }
        }
        return count;
    }

    private static List<String> threads(DaemonProcess daemon) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/" + daemon.pid() + "/task"))) {
            return all.map(
                            task -> {
                                try {
                                    return Files.readString(task.resolve("comm")).strip();
                                } catch (IOException e) {
                                    return "ended";
                                }
                            })
                    .toList();
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
            await().until(() -> daemon.log().contains("is opened anew"));
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
