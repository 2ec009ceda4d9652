package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.cluster.store.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pools that {@code parallite.json} names, with workers, limits and PHP of their own. */
final class PoolsIT {

    private static final String LIMIT = closure("fn () => ini_get('memory_limit')");
    private static final String NAME = closure("fn () => getenv('WORKER_NAME')");

    private static final String TWO =
            """
            {"fixed_workers": 1, "max_workers": 2, "worker_idle_ms": 600000, "php_options": ["-d", "memory_limit=100M"],
             "pools": {"reports": {"max_workers": 2, "worker_nice": 7, "php_options": ["-d", "memory_limit=300M"]}}}
            """;

    /** The workers outside are those of the node. */
    private static final String POOL =
            """
            {"pools": {"reports": {"max_workers": 2, "php_options": ["-d", "memory_limit=300M"]}}}
            """;

    private static Cli cli(DaemonProcess daemon) {
        return Cli.in(daemon.directory()).env("PARALLITE_SOCKET", daemon.socket());
    }

    private static Map<String, Object> in(String pool, String id, Object payload) {
        Map<String, Object> request = new HashMap<>(task(id, payload));
        request.put("pool", pool);
        return request;
    }

    private static String until(Path file) {
        return closure(
                "function () { while (!file_exists('%s')) { usleep(20000); clearstatcache(); } return 'done'; }"
                        .formatted(file));
    }

    @SuppressWarnings("unchecked")
    private static Reply pool(DaemonProcess daemon, String name) {
        return new Reply((Map<String, Object>) daemon.stats().reply().map("pools").get(name));
    }

    @Test
    void aTaskRunsOnTheWorkersOfThePoolThatItNames() {
        try (DaemonProcess daemon = daemon().json(TWO).startAtRest();
                TestClient client = daemon.connect()) {
            client.call(task("plain", LIMIT)).assertResult("100M");
            client.call(in("reports", "named", LIMIT)).assertResult("300M");
            String niceness = closure("fn () => trim(shell_exec('nice'))");
            client.call(in("reports", "nice", niceness)).assertResult("7");
            assertThat(client.call(task("not-nice", niceness)).result()).isNotEqualTo("7");
            client.call(in("default", "default", NAME)).assertResult("work-1");
            assertThat(client.call(in("reports", "worker", NAME)).result().toString())
                    .startsWith("work-reports-");
            client.call(in("mail", "nowhere", NAME))
                    .assertFailure(
                            "INVALID_REQUEST",
                            "there is no pool \"mail\"; there are default, reports");
            Map<String, Object> detached = in("mail", "detached", NAME);
            detached.put("detach", true);
            client.call(detached).assertFailure("INVALID_REQUEST", "there is no pool \"mail\"");

            Cli cli = cli(daemon);
            assertThat(cli.run("workers").assertExit(0).out())
                    .contains("POOL", "reports", "work-reports-");
            assertThat(cli.run("status").assertExit(0).out())
                    .containsPattern("pool +default: 1 idle, 0 busy \\(1 kept, at most 2\\)")
                    .containsPattern("pool +reports: . idle, 0 busy \\(0 kept, at most 2\\)");
            assertThat(cli.run("submit", "--pool", "reports", "--", "php", "-r", "echo 7;").out())
                    .contains("7");
        }
    }

    @Test
    void aPoolThatIsFullKeepsNoOtherWaiting() {
        try (DaemonProcess daemon = daemon().json(TWO).startAtRest();
                TestClient client = daemon.connect()) {
            Path goOn = daemon.directory().resolve("go-on");
            for (int i = 0; i < 3; i++) {
                client.send(in("reports", "long-" + i, until(goOn)));
            }
            await().until(() -> pool(daemon, "reports").number("busy") == 2);

            client.call(task("quick", NAME)).assertResult("work-1");

            assertThat(((Number) pool(daemon, "reports").map("queue").get("length")).intValue())
                    .isEqualTo(1);
            touch(goOn);
            for (int i = 0; i < 3; i++) {
                client.receive("long-" + i).assertResult("done");
            }
        }
    }

    @Test
    void oneIsPausedAndScaledByItself() {
        try (DaemonProcess daemon = daemon().json(TWO).startAtRest();
                TestClient client = daemon.connect()) {
            Cli cli = cli(daemon);
            assertThat(cli.run("pause", "reports").assertExit(0).out())
                    .contains("the queue of pool reports is paused");
            client.send(in("reports", "held", NAME));
            client.call(task("free", NAME)).assertResult("work-1");
            assertThat(cli.run("status").assertExit(0).out())
                    .containsPattern("pool +reports: .*, 1 waiting.*, paused");

            cli.run("resume", "reports").assertExit(0);
            client.receive("held");

            cli.run("scale", "reports", "2").assertExit(0);
            await().until(() -> pool(daemon, "reports").number("fixed_workers") == 2);
            await().until(() -> pool(daemon, "reports").number("idle") == 2);
            assertThat(pool(daemon, "default").number("fixed_workers")).isEqualTo(1);
            assertThat(cli.run("scale", "reports", "3").assertExit(1).err())
                    .contains("fixed_workers=3 exceeds max_workers=2");
            assertThat(cli.run("pause", "mail").assertExit(1).err())
                    .contains("there is no pool \"mail\"; there are default, reports");
            assertThat(cli.run("scale", "many").assertExit(64).err())
                    .contains("\"many\" is no number of workers");
            assertThat(daemon.log()).contains("pause is asked for pool=reports by=");
        }
    }

    @Test
    void aReloadTakesNewLimitsAndSaysWhatNeedsARestart() throws IOException {
        DaemonBuilder builder = daemon().json(TWO);
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            Cli cli = cli(daemon);
            client.call(in("reports", "before", LIMIT)).assertResult("300M");

            builder.json(
                    TWO.replace("300M", "400M")
                            .replace("{\"max_w", "{\"fixed_workers\": 1, \"max_w"));
            assertThat(cli.run("reload").assertExit(0).out()).contains("pools");
            await().until(() -> pool(daemon, "reports").number("idle") == 1);
            client.call(in("reports", "after", LIMIT)).assertResult("400M");
            client.call(task("plain", LIMIT)).assertResult("100M");

            builder.json(TWO.replace("\"reports\"", "\"mail\""));
            assertThat(cli.run("reload").assertExit(0).out()).contains("restart", "pools");
            client.call(in("reports", "still", LIMIT)).assertResult("400M");
        }
    }

    @Test
    void aPoolWhoseWorkersDoNotStartLeavesTheOthersAlone() {
        DaemonBuilder builder =
                daemon("--http-port", "0")
                        .file("broken.php", "<?php throw new Exception('no database');")
                        .json(
                                """
                                {"fixed_workers": 1,
                                 "pools": {"reports": {"fixed_workers": 1, "bootstrap": "broken.php"}}}
                                """);
        try (DaemonProcess daemon = builder.start();
                TestClient client = daemon.connect()) {
            client.call(task("plain", NAME)).assertResult("work-1");
            client.call(in("reports", "refused", NAME))
                    .assertFailure("WORKER_START_FAILED", "no database");
            assertThat(cli(daemon).run("status").assertExit(1).out())
                    .contains("pool reports: workers do not start", "no database");
            assertThat(cli(daemon).run("reload").assertExit(1).err())
                    .contains("pool reports:", "no database");
            client.call(task("again", NAME)).assertResult("work-1");

            builder.file("broken.php", "<?php");
            cli(daemon).run("reload").assertExit(0);
            client.call(in("reports", "mended", NAME)).assertResult("work-reports-1");
            assertThat(cli(daemon).run("status").assertExit(0).out()).doesNotContain("problem");
        }
    }

    @Test
    void aPoolForksAFreshWorkerForEachTaskBesideOneThatDoesNot() {
        try (DaemonProcess daemon =
                        daemon().json(
                                        """
                                        {"fixed_workers": 1, "max_workers": 1, "worker_start": "exec",
                                         "pools": {"clean": {"worker_start": "fork", "isolation": "task",
                                                             "fixed_workers": 1, "max_workers": 3}}}
                                        """)
                                .start();
                TestClient client = daemon.connect()) {
            String count =
                    closure(
                            "function () { static $n = 0; $GLOBALS['n'] = ($GLOBALS['n'] ?? 0) + 1; return [getmypid(), $GLOBALS['n']]; }");
            Set<Object> ofMain = new HashSet<>();
            Set<Object> ofClean = new HashSet<>();
            for (int i = 0; i < 5; i++) {
                ofMain.add(((List<?>) client.call(task("m" + i, count)).result()).getFirst());
                List<?> clean = (List<?>) client.call(in("clean", "c" + i, count)).result();
                ofClean.add(clean.getFirst());
                assertThat(clean.getLast()).isEqualTo(1);
            }
            assertThat(ofMain).hasSize(1);
            assertThat(ofClean).hasSize(5);
            assertThat(pool(daemon, "clean").map("template").get("state")).isEqualTo("ready");
            assertThat(pool(daemon, "default").fields()).doesNotContainKey("template");
        }
    }

    @Test
    void aBadPoolRefusesTheStartWithOneLine() {
        DaemonProcess.Ended ended =
                daemon().json("{\"pools\": {\"reports\": {\"max_wokers\": 4}}}").run();

        assertThat(ended.exitCode()).isEqualTo(78);
        assertThat(ended.log())
                .contains(
                        "unknown key \"pools.reports.max_wokers\"", "did you mean \"max_workers\"")
                .hasLineCount(1);
    }

    @Test
    void nothingIsLeftOfAnyPoolWhenTheDaemonIsKilled() {
        try (DaemonProcess daemon =
                daemon().json(
                                """
                                {"fixed_workers": 1,
                                 "pools": {"a": {"fixed_workers": 1},
                                           "b": {"fixed_workers": 1, "worker_start": "fork"}}}
                                """)
                        .startAtRest()) {
            Set<Long> before = new HashSet<>(daemon.descendants());
            assertThat(before).hasSizeGreaterThanOrEqualTo(3);
            daemon.killHard();
            await().untilAsserted(
                            () ->
                                    assertThat(before)
                                            .noneMatch(
                                                    pid ->
                                                            ProcessHandle.of(pid)
                                                                    .map(ProcessHandle::isAlive)
                                                                    .orElse(false)));
        }
    }

    @Test
    void anotherDaemonRemovesTheDirectoryOfNoPool() {
        try (DaemonProcess daemon = daemon().json(TWO).startAtRest();
                TestClient client = daemon.connect()) {
            String runtime = daemon.directory().resolve("run").toString();
            try (DaemonProcess other =
                    daemon().json(TWO).env("XDG_RUNTIME_DIR", runtime).startAtRest()) {
                other.stop();
            }

            client.call(in("reports", "named", LIMIT)).assertResult("300M");
            client.call(task("plain", LIMIT)).assertResult("100M");
            assertThat(daemon.log()).doesNotContain("was removed under the daemon");
        }
    }

    @Test
    void detachedTasksOfAClusterRunInTheirPoolOnAnyNode(@TempDir Path secrets) {
        try (RedisServer redis = RedisServer.start()) {
            ClusterNodes nodes = new ClusterNodes(redis, secrets);
            try (DaemonProcess one = nodes.builder("one", 1).json(POOL).startAtRest();
                    DaemonProcess two = nodes.builder("two", 1).json(POOL).startAtRest();
                    TestClient client = one.connect();
                    TestClient other = two.connect()) {
                ClusterNodes.awaitRest(one);
                ClusterNodes.awaitRest(two);
                for (int i = 0; i < 6; i++) {
                    Map<String, Object> detached = in("reports", "d" + i, LIMIT);
                    detached.put("detach", true);
                    client.call(detached);
                }
                for (int i = 0; i < 6; i++) {
                    other.call(TestClient.request("await", "d" + i)).assertResult("300M");
                }
                client.call(in("reports", "awaited", LIMIT)).assertResult("300M");
                Map<String, Object> nowhere = in("mail", "nowhere", LIMIT);
                nowhere.put("detach", true);
                client.call(nowhere).assertFailure("INVALID_REQUEST", "there is no pool");
            }
        }
    }

    private static void touch(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
