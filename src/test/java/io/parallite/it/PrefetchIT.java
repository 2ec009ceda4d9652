package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.request;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.contentOf;
import static org.awaitility.Awaitility.await;

import io.parallite.wire.Encoding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Short tasks that lie with a worker while it runs another: none is lost, run twice or kept waiting
 * there. Each appends a line to the file {@code ran} in the current directory.
 */
final class PrefetchIT {

    /** What one client may send before it reads, with room to spare in the queue. */
    private static final int BATCH = 200;

    /** Sleeps of a worker for each task; without prefetching more than one. */
    private static final double MOST_SLEEPS = 0.7;

    /** Ends its process when it is destroyed, as the cleanup after a task does to it. */
    private static final String BOMB =
            """
            <?php
            final class Bomb {
                public ?Bomb $self = null;
                public int $seconds = 0;
                public function __destruct() {
                    touch(uniqid('bomb-'));
                    register_shutdown_function(fn() => sleep($this->seconds));
                    exit(0);
                }
            }
            """;

    private static DaemonBuilder twoWorkers() {
        return daemon("--fixed-workers", "2", "--max-workers", "2");
    }

    /** A closure that does {@code what} after it has told that it ran, and gives its id. */
    private static String shortTask(String id, String what) {
        String code = "file_put_contents('ran', \"$id\\n\", FILE_APPEND); " + what;
        return closure(
                        "(function () { $id = 'ID';\nreturn function () use ($id) { %s return $id; }; })()"
                                .formatted(code))
                .replace("s:2:\"ID\"", "s:%d:\"%s\"".formatted(id.length(), id));
    }

    private static List<String> ids(String prefix, int count) {
        return Stream.iterate(0, i -> i + 1).limit(count).map(i -> prefix + "-" + i).toList();
    }

    private static void send(TestClient client, List<String> ids) {
        ids.forEach(id -> client.send(task(id, shortTask(id, ""))));
    }

    private static void assertResults(TestClient client, List<String> ids) {
        ids.forEach(id -> client.receive(id).assertResult(id));
    }

    /** Has run some short tasks, so that others are prefetched from now on. */
    private static DaemonProcess warm(DaemonBuilder builder) {
        DaemonProcess daemon = builder.startAtRest();
        try (TestClient client = daemon.connect()) {
            List<String> ids = ids("warm", BATCH);
            send(client, ids);
            assertResults(client, ids);
            ranFile(daemon).toFile().delete();
        }
        daemon.assertRestored();
        return daemon;
    }

    private static Path ranFile(DaemonProcess daemon) {
        return daemon.directory().resolve("project/ran");
    }

    private static void assertRan(DaemonProcess daemon, Collection<String> ids) {
        assertThat(lines(ranFile(daemon))).containsExactlyInAnyOrderElementsOf(ids);
    }

    private static List<String> lines(Path file) {
        return file.toFile().exists() ? contentOf(file.toFile()).lines().toList() : List.of();
    }

    private static List<Long> pids(DaemonProcess daemon) {
        return daemon.stats().workers().stream().map(Stats.Worker::pid).toList();
    }

    /** How often these processes have gone to sleep. */
    private static long sleeps(List<Long> pids) {
        return pids.stream()
                .flatMap(pid -> lines(Path.of("/proc/" + pid + "/status")).stream())
                .filter(line -> line.startsWith("voluntary_ctxt_switches:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    @Test
    void workersGoOnWithoutSleepingAndRunEachTaskOnce() {
        try (DaemonProcess daemon = warm(twoWorkers());
                TestClient client = daemon.connect();
                TestClient other = daemon.connect(Encoding.MESSAGE_PACK)) {
            List<Long> workers = pids(daemon);
            List<String> all = new ArrayList<>();
            double fewest = Double.MAX_VALUE;
            for (int round = 0; round < 5; round++) {
                List<String> ids = ids("json-" + round, BATCH);
                List<String> others = ids("binary-" + round, BATCH);
                long before = sleeps(workers);
                send(client, ids);
                send(other, others);
                assertResults(client, ids);
                assertResults(other, others);
                fewest = Math.min(fewest, (sleeps(workers) - before) / (2.0 * BATCH));
                all.addAll(ids);
                all.addAll(others);
            }

            assertThat(fewest).as("sleeps for each task").isLessThan(MOST_SLEEPS);
            assertRan(daemon, all);
            daemon.assertRestored();
        }
    }

    @Test
    void shortTasksDoNotWaitBehindALongOne() {
        try (DaemonProcess daemon = warm(twoWorkers());
                TestClient client = daemon.connect()) {
            List<String> ahead = ids("ahead", 20);
            List<String> behind = ids("behind", BATCH);
            send(client, ahead);
            client.send(task("long", sleep(10_000)));
            send(client, behind);
            assertResults(client, ahead);
            assertResults(client, behind);
            assertThat(daemon.stats().busy()).as("the long one still runs").isOne();
            client.receive("long").assertResult("slept");
            daemon.assertRestored();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'posix_kill(posix_getpid(), SIGKILL);', WORKER_CRASHED",
        "exit(3);, EXITED",
        "sleep(60);, TIMEOUT"
    })
    void taskThatEndsItsWorkerFailsAlone(String ending, String errorCode) {
        try (DaemonProcess daemon = warm(twoWorkers());
                TestClient client = daemon.connect()) {
            List<String> ids = ids("task", BATCH);
            List<String> deadly = ids("deadly", BATCH / 40);
            for (int i = 0; i < BATCH; i++) {
                if (i % 40 == 20) {
                    String id = deadly.get(i / 40);
                    Map<String, Object> task = task(id, shortTask(id, ending));
                    if (errorCode.equals("TIMEOUT")) {
                        task.put("timeout_ms", 400);
                    }
                    client.send(task);
                }
                client.send(task(ids.get(i), shortTask(ids.get(i), "")));
            }

            assertResults(client, ids);
            deadly.forEach(id -> client.receive(id).assertFailure(errorCode));
            assertRan(daemon, Stream.of(ids, deadly).flatMap(List::stream).toList());
            daemon.assertRestored();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$_SERVER[0] = new Bomb();",
                "$b = new Bomb(); $b->self = $b;",
                "$b = new Bomb(); $b->self = $b; $b->seconds = 1;"
            })
    void workerThatExitsBetweenTwoTasksLosesNone(String layBomb) {
        String settings = "{\"php_includes\": [\"bomb.php\"]}";
        try (DaemonProcess daemon = warm(twoWorkers().file("bomb.php", BOMB).json(settings));
                TestClient client = daemon.connect()) {
            List<String> ids = ids("task", BATCH);
            for (int i = 0; i < BATCH; i++) {
                client.send(task(ids.get(i), shortTask(ids.get(i), i % 40 == 20 ? layBomb : "")));
            }

            assertResults(client, ids);
            assertRan(daemon, ids);
            String[] bombs =
                    ranFile(daemon).getParent().toFile().list((d, f) -> f.matches("bomb-.*"));
            assertThat(bombs).hasSize(BATCH / 40);
            daemon.assertRestored();
        }
    }

    /** What such a task reads may be for itself only: no other client may wait for ever for it. */
    @Test
    void taskThatReadsThePipeOfItsWorkerLeavesNoOtherWithoutAnswer() {
        String reads =
                "foreach (glob('/proc/self/fd/*') as $fd) {"
                        + " if (!str_contains((string) @readlink($fd), '.next')) { continue; }"
                        + " $pipe = fopen('php://fd/' . basename($fd), 'r'); stream_set_blocking($pipe, false); usleep(2000);"
                        + " while (($read = fread($pipe, 4096)) !== false && $read !== '') {"
                        + " file_put_contents('stolen', \"$id\\n\", FILE_APPEND); } }";
        try (DaemonProcess daemon = warm(twoWorkers());
                TestClient client = daemon.connect()) {
            List<String> all = new ArrayList<>();
            for (int round = 0; round < 5; round++) {
                List<String> ids = ids("task-" + round, BATCH);
                for (int i = 0; i < BATCH; i++) {
                    client.send(task(ids.get(i), shortTask(ids.get(i), i % 20 == 10 ? reads : "")));
                }
                assertResults(client, ids);
                all.addAll(ids);
            }

            assertRan(daemon, all);
            assertThat(lines(daemon.directory().resolve("project/stolen"))).isNotEmpty();
            daemon.assertRestored();
        }
    }

    @Test
    void cancellingSomeOfTheWaitingLosesNoOther() {
        try (DaemonProcess daemon = warm(twoWorkers());
                TestClient client = daemon.connect();
                TestClient canceller = daemon.connect()) {
            for (int round = 0; round < 5; round++) {
                List<String> ids = ids("task-" + round, BATCH);
                send(client, ids);
                for (int i = 3; i < BATCH; i += 4) {
                    canceller.send(request("cancel", ids.get(i)));
                }

                for (int i = 0; i < BATCH; i++) {
                    String id = ids.get(i);
                    if (i % 4 == 3 && canceller.receive(id).text("cancelled").equals("true")) {
                        client.receive(id).assertFailure("CANCELLED");
                    } else {
                        client.receive(id).assertResult(id);
                    }
                }
                daemon.assertRestored();
            }
            assertThat(lines(ranFile(daemon))).doesNotHaveDuplicates();
        }
    }

    @Test
    void reloadLosesAndRepeatsNone() {
        try (DaemonProcess daemon = warm(twoWorkers());
                TestClient client = daemon.connect();
                TestClient admin = daemon.connect()) {
            List<Long> before = pids(daemon);
            List<String> all = new ArrayList<>();
            admin.send(request("reload", "reload"));
            for (int round = 0; admin.isSilentFor(Duration.ofMillis(5)); round++) {
                List<String> ids = ids("task-" + round, BATCH);
                send(client, ids);
                assertResults(client, ids);
                all.addAll(ids);
            }

            assertThat(admin.receive("reload").number("replaced")).isEqualTo(2);
            assertRan(daemon, all);
            daemon.assertRestored();
            assertThat(pids(daemon)).doesNotContainAnyElementsOf(before);
        }
    }

    @Test
    void stopAnswersEachAndRunsNoneThatItRefuses() {
        try (DaemonProcess daemon = warm(twoWorkers());
                TestClient client = daemon.connect()) {
            List<String> ids = ids("task", 2 * BATCH);
            ids.forEach(id -> client.send(task(id, shortTask(id, "usleep(2000);"))));
            client.receive(ids.getFirst()).assertResult(ids.getFirst());

            daemon.signal("TERM");

            List<String> done = new ArrayList<>(ids.subList(0, 1));
            for (String id : ids.subList(1, ids.size())) {
                Reply reply = client.receive(id);
                if (reply.ok()) {
                    done.add(id);
                } else {
                    reply.assertFailure("SHUTTING_DOWN");
                }
            }
            assertThat(daemon.awaitEnd().exitCode()).isZero();
            assertRan(daemon, done);
            assertThat(done).hasSizeLessThan(ids.size());
        }
    }

    /** A name would let another task of the same user read what waits in the pipe. */
    @Test
    void pipeHasNoNameAndGoesWithItsWorker() {
        try (DaemonProcess daemon = warm(twoWorkers())) {
            assertThat(pipes(daemon)).isEmpty();
            assertThat(openPipes(daemon)).hasSize(2);

            Processes.signal(pids(daemon).getFirst(), "KILL");
            await().until(() -> daemon.stats().restarts() == 1);

            daemon.assertRestored();
            await().until(() -> openPipes(daemon).size() == 2 && pipes(daemon).isEmpty());
        }
    }

    /** The pipes that the daemon has open, by the names that they had. */
    private static List<String> openPipes(DaemonProcess daemon) {
        Path descriptors = Path.of("/proc", Long.toString(daemon.pid()), "fd");
        List<String> open = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(descriptors)) {
            for (Path one : all) {
                String target = target(one);
                if (target.contains(".next")) {
                    open.add(target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return open;
    }

    private static String target(Path descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException e) {
            return ""; // closed meanwhile
        }
    }

    private static List<Path> pipes(DaemonProcess daemon) {
        try (Stream<Path> files = Files.walk(daemon.directory().resolve("run"))) {
            return files.filter(file -> file.toString().endsWith(".next")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
