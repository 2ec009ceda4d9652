package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static io.parallite.it.TestClient.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers that are forked from a template: {@code worker_start=fork}. */
final class ForkIT {

    private static final String PARENT =
            closure("fn () => (int) explode(' ', file_get_contents('/proc/self/stat'))[3]");

    @BeforeAll
    static void needsLinux() {
        assumeThat(Files.isDirectory(Path.of("/proc/self"))).isTrue();
    }

    private static DaemonBuilder forking(int workers, String... flags) {
        return daemon("--worker-start", "fork")
                .flags("--fixed-workers", "" + workers, "--max-workers", "" + workers)
                .flags(flags);
    }

    @Test
    void forksAreChildrenOfTheDaemonWithSessionsOfTheirOwn() {
        try (DaemonProcess daemon = forking(3).startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("parent", PARENT).assertResult((int) daemon.pid());
            client.submit("session", closure("fn () => posix_getsid(0) === getmypid()"))
                    .assertResult(true);
            String name = closure("fn () => getenv('WORKER_NAME') . ' ' . $_SERVER['WORKER_NAME']");
            assertThat(client.submit("name", name).result().toString()).matches("(work-[123]) \\1");
            assertThat(daemon.templates()).hasSize(1);
            daemon.assertRestored();
        }
    }

    @Test
    void figuresTellOfTheTemplateAndItsForks() {
        try (DaemonProcess daemon = forking(2).startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("ends", closure("function () { exit(0); }")).assertFailure("EXITED");
            daemon.assertRestored();

            Map<String, Object> template =
                    new Reply(client.call(TestClient.request("stats", "stats")).map("pool"))
                            .map("template");
            assertThat(template).containsEntry("state", "ready");
            assertThat(((Number) template.get("pid")).longValue())
                    .isEqualTo(daemon.templates().getFirst());
            assertThat(((Number) template.get("forks")).longValue()).isEqualTo(3);
        }
    }

    @Test
    void whatAForkPrintsBelongsToItsTask() {
        try (DaemonProcess daemon = forking(2).startAtRest();
                TestClient client = daemon.connect()) {
            String prints =
                    closure(
                            "function () { echo 'echo,'; fwrite(STDOUT, 'stream,'); system('printf child'); return 1; }");
            for (int i = 0; i < 4; i++) {
                client.send(TestClient.task("print-" + i, prints));
            }
            for (int i = 0; i < 4; i++) {
                assertThat(client.receive("print-" + i).text("output"))
                        .contains("echo,", "stream,", "child")
                        .hasSize("echo,stream,child".length());
            }
        }
    }

    @Test
    void lastWordsOfAForkAreItsOwn() {
        try (DaemonProcess daemon = forking(2).startAtRest();
                TestClient client = daemon.connect()) {
            client.send(
                    TestClient.task(
                            "crash",
                            closure(
                                    "function () { fwrite(STDERR, 'the roof is on fire'); posix_kill(getmypid(), SIGSEGV); sleep(9); }")));
            Object pid =
                    client.submit(
                                    "other",
                                    closure(
                                            "function () { error_log('all is well'); return getmypid(); }"))
                            .result();

            client.receive("crash")
                    .assertFailure("WORKER_CRASHED", "the roof is on fire", "SIGSEGV");
            await().until(() -> daemon.log().contains("all is well"));
            assertThat(daemon.log().lines().filter(line -> line.contains("all is well")))
                    .allMatch(line -> line.contains(" pid=" + pid + " "));
            daemon.assertRestored();
        }
    }

    @Test
    void forksHaveRandomNumbersOfTheirOwn() {
        String random =
                closure(
                        "fn () => [mt_rand(), lcg_value(), random_int(0, PHP_INT_MAX), uniqid('', true), tempnam(sys_get_temp_dir(), 'x')]");
        try (DaemonProcess daemon =
                        forking(4)
                                .file("boot.php", "<?php mt_srand(1); mt_rand(); lcg_value();")
                                .json("{\"php_includes\": [\"boot.php\"], \"isolation\": \"task\"}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            List<Set<Object>> seen = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                List<?> numbers = (List<?>) client.submit("random-" + i, random).result();
                for (int k = 0; k < numbers.size(); k++) {
                    if (seen.size() <= k) {
                        seen.add(new HashSet<>());
                    }
                    seen.get(k).add(numbers.get(k));
                }
                deleteQuietly(String.valueOf(numbers.getLast()));
            }

            assertThat(seen).allMatch(values -> values.size() == 4);
        }
    }

    private static void deleteQuietly(String file) {
        assertThat(Path.of(file).toFile().delete()).isTrue();
    }

    @Test
    void workersOutliveTheirTemplateAndTheNextOneBoots() {
        try (DaemonProcess daemon = forking(2).startAtRest();
                TestClient client = daemon.connect()) {
            long before = daemon.templates().getFirst();
            Object worker = client.submit("a", closure("fn () => getmypid()")).result();

            Processes.signal(before, "KILL");
            await().until(() -> !Processes.isAlive(before));
            client.submit("b", closure("fn () => getmypid()")).assertResult(worker);
            client.submit("crash", closure("fn () => posix_kill(getmypid(), SIGKILL)"))
                    .assertFailure("WORKER_CRASHED");

            daemon.assertRestored();
            client.submit("c", closure("fn () => 1")).assertResult(1);
            assertThat(daemon.templates()).hasSize(1).doesNotContain(before);
        }
    }

    @Test
    void killsForksThatTheirTemplateDidNotReport() throws IOException {
        String boot =
                """
                <?php
                use B7s\\Parallite\\Worker\\{Hooks, LibC};
                Hooks::beforeFork(function () {
                    if (!file_exists('unknown')) {
                        $fork = (LibC::siblingFork() ?? pcntl_fork(...))();
                        if ($fork !== 0) {
                            file_put_contents('unknown', $fork);
                            posix_kill(getmypid(), SIGKILL);
                        }
                        sleep(300);
                    }
                });
                """;
        try (DaemonProcess daemon =
                        forking(2)
                                .file("boot.php", boot)
                                .json("{\"bootstrap\": \"boot.php\"}")
                                .start();
                TestClient client = daemon.connect()) {
            await().until(() -> daemon.log().contains("the template of the workers"));
            long unknown =
                    Long.parseLong(Files.readString(daemon.directory().resolve("project/unknown")));

            await().until(() -> !Processes.isAlive(unknown));
            AtomicInteger tries = new AtomicInteger();
            await().until(
                            () ->
                                    client.submit(
                                                    "a" + tries.incrementAndGet(),
                                                    closure("fn () => 1"))
                                            .ok());
            await().until(() -> daemon.descendants().size() == 3);
        }
    }

    @Test
    void nothingIsLeftOfADaemonThatIsKilled() {
        DaemonProcess daemon = forking(2).startAtRest();
        List<Long> all;
        try (TestClient client = daemon.connect()) {
            client.send(
                    TestClient.task(
                            "long",
                            closure(
                                    "function () { exec('setsid sleep 300 >/dev/null 2>&1 &'); sleep(300); }")));
            await().until(() -> daemon.descendants().size() >= 4);
            all = daemon.descendants();
        }

        daemon.end("KILL");

        await().until(() -> all.stream().noneMatch(Processes::isAlive));
    }

    @Test
    void tellsWhyATemplateDoesNotBoot() {
        try (DaemonProcess daemon =
                        forking(2)
                                .file("boot.php", "<?php throw new Exception('no database');")
                                .json("{\"php_includes\": [\"boot.php\"]}")
                                .start();
                TestClient client = daemon.connect()) {
            client.submit("a", closure("fn () => 1"))
                    .assertFailure("WORKER_START_FAILED", "no database", "boot.php");
        }
    }

    @Test
    void reloadForksFromTheNewCode() {
        DaemonBuilder builder =
                forking(2)
                        .file("boot.php", "<?php function release() { return 'first'; }")
                        .json("{\"php_includes\": [\"boot.php\"]}");
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("a", closure("fn () => release()")).assertResult("first");

            builder.file("boot.php", "<?php syntax error");
            daemon.signal("HUP");
            await().until(() -> daemon.log().contains("workers are not reloaded"));
            client.submit("b", closure("fn () => release()")).assertResult("first");

            builder.file("boot.php", "<?php function release() { return 'second'; }");
            daemon.signal("HUP");
            await().until(() -> daemon.log().contains("workers are reloaded"));
            client.submit("c", closure("fn () => release()")).assertResult("second");
            await().until(() -> daemon.templates().size() == 1);
            daemon.assertRestored();
        }
    }

    @Test
    void startsWorkersOneByOneWhenBootstrapLeavesASocketOpen() {
        String opens =
                "<?php $GLOBALS['keep'] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);";
        try (DaemonProcess daemon =
                        forking(2)
                                .file("boot.php", opens)
                                .json("{\"php_includes\": [\"boot.php\"]}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("a", closure("fn () => is_resource($GLOBALS['keep'][0])"))
                    .assertResult(true);

            assertThat(daemon.log()).contains("not forked", "2 sockets open", "Hooks::afterFork()");
            await().until(() -> daemon.templates().isEmpty());
            daemon.assertRestored();
        }
    }

    @Test
    void aForkReadsWhatTheSystemSaysOfItselfNotOfItsTemplate() {
        String reads =
                "foreach (['stat', 'status', 'cgroup'] as $file) { file_get_contents(\"/proc/self/$file\"); } realpath('/proc/self/fd');";
        try (DaemonProcess daemon =
                        forking(1)
                                .file(
                                        "boot.php",
                                        "<?php use B7s\\Parallite\\Worker\\Hooks; "
                                                + reads
                                                + " Hooks::beforeFork(function () { "
                                                + reads
                                                + " });")
                                .json("{\"bootstrap\": \"boot.php\"}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            String own =
                    "fn () => [getmypid(), (int) file_get_contents('/proc/self/stat'), (int) basename(dirname(realpath('/proc/self/fd')))]";

            List<?> pids = (List<?>) client.submit("a", closure(own)).result();

            assertThat(new HashSet<Object>(pids)).as(pids.toString()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "task"})
    void aFileThatHasChangedIsReadAnew(String isolation) throws IOException {
        DaemonBuilder builder =
                forking(1)
                        .flags("--isolation", isolation)
                        .file("rate.php", "<?php return 'first';");
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            Path rate = daemon.directory().resolve("project/rate.php");
            String read = closure("fn () => include '" + rate + "'");
            // opcache keeps what has not been touched for some seconds
            Files.setLastModifiedTime(rate, FileTime.from(Instant.now().minusSeconds(1000)));
            client.submit("a", read).assertResult("first");
            client.submit("b", read).assertResult("first");

            builder.file("rate.php", "<?php return 'second';");
            Files.setLastModifiedTime(rate, FileTime.from(Instant.now().minusSeconds(500)));

            client.submit("c", read).assertResult("second");
        }
    }

    @Test
    void forksUnlessItIsToldOtherwise() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "2").startAtRest();
                DaemonProcess started =
                        daemon("--fixed-workers", "2", "--worker-start", "exec").startAtRest()) {
            assertThat(daemon.templates()).hasSize(1);
            assertThat(started.templates()).isEmpty();
        }
    }

    @Test
    void startsWorkersWherePhpCannotForkAndBootsNothingInVain() {
        try (DaemonProcess daemon =
                        daemon("--fixed-workers", "2", "--max-workers", "2")
                                .file(
                                        "boot.php",
                                        "<?php file_put_contents(__DIR__ . '/boots', '.', FILE_APPEND);")
                                .json(
                                        """
                                        {"php_includes": ["boot.php"],
                                         "php_options": ["-d", "disable_functions=pcntl_fork"]}
                                        """)
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("a", closure("fn () => 1")).assertResult(1);

            assertThat(daemon.log())
                    .contains("INFO", "not forked: pcntl_fork cannot be called")
                    .doesNotContain("WARN");
            assertThat(daemon.directory().resolve("project/boots")).hasContent("..");
            await().until(() -> daemon.templates().isEmpty());
            daemon.assertRestored();
        }
    }

    @Test
    void startsWorkersOneByOneWhenBootstrapLeavesASqliteDatabaseOpen() {
        String opens =
                "<?php $file = __DIR__ . '/app.sqlite'; if (!file_exists($file)) { file_put_contents($file, \"SQLite format 3\\0\"); } $GLOBALS['database'] = fopen($file, 'r');";
        try (DaemonProcess daemon =
                        forking(2)
                                .file("boot.php", opens)
                                .json("{\"php_includes\": [\"boot.php\"]}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("a", closure("fn () => is_resource($GLOBALS['database'])"))
                    .assertResult(true);

            assertThat(daemon.log())
                    .contains("not forked", "the SQLite database", "app.sqlite", "beforeFork()");
            await().until(() -> daemon.templates().isEmpty());
            daemon.assertRestored();
        }
    }

    @Test
    void hooksOpenAnewWhatForksMustNotShare() {
        String boot =
                """
                <?php
                use B7s\\Parallite\\Worker\\Hooks;
                $GLOBALS['opened'] = 'template ' . getmypid();
                $GLOBALS['pair'] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
                Hooks::beforeFork(function () { $GLOBALS['before'] = true; });
                Hooks::afterFork(function () { $GLOBALS['opened'] = 'fork ' . getmypid(); });
                """;
        try (DaemonProcess daemon =
                        forking(2)
                                .file("boot.php", boot)
                                .json("{\"bootstrap\": \"boot.php\"}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit(
                            "a",
                            closure(
                                    "fn () => $GLOBALS['opened'] === 'fork ' . getmypid() && $GLOBALS['before']"))
                    .assertResult(true);
        }
    }

    @Test
    void timeoutsCancelsAndRecyclingAreThoseOfAnyWorker() {
        try (DaemonProcess daemon = forking(2).json("{\"worker_max_tasks\": 3}").startAtRest();
                TestClient client = daemon.connect()) {
            Map<String, Object> late = task("late", sleep(60_000));
            late.put("timeout_ms", 400);
            client.send(late);
            client.receive("late").assertFailure("TIMEOUT");
            daemon.assertRestored();
            Set<Object> pids = new HashSet<>();
            for (int i = 0; i < 12; i++) {
                pids.add(client.submit("pid-" + i, closure("fn () => getmypid()")).result());
            }
            assertThat(pids).hasSizeGreaterThanOrEqualTo(4);
            daemon.assertRestored();
        }
    }

    @Test
    void everyTaskIsCleanWhenTasksAreIsolated() {
        try (DaemonProcess daemon = forking(4).json("{\"isolation\": \"task\"}").startAtRest();
                TestClient client = daemon.connect()) {
            String dirty =
                    closure(
                            """
                            function () {
                                static $calls = 0;
                                if (defined('DIRTY') || function_exists('left_behind') || isset($GLOBALS['dirt']) || ini_get('precision') === '3') {
                                    return 'dirty';
                                }
                                define('DIRTY', 1);
                                eval('function left_behind() {} class LeftBehind { static $x = 1; }');
                                $GLOBALS['dirt'] = 1;
                                ini_set('precision', '3');
                                setlocale(LC_ALL, 'C.UTF-8');
                                set_error_handler(fn () => true);
                                register_shutdown_function(fn () => print 'late');
                                return ++$calls;
                            }
                            """);
            for (int i = 0; i < 10; i++) {
                client.submit("task-" + i, dirty).assertResult(1);
            }
            daemon.awaitRest();
        }
    }

    @Test
    void isolatedTasksOfManyClientsAllGetAWorkerOfTheirOwn() {
        try (DaemonProcess daemon =
                        daemon("--worker-start", "fork", "--isolation", "task")
                                .flags("--fixed-workers", "2", "--max-workers", "6")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Set<Object> pids = new HashSet<>();
            String pid = closure("fn () => getmypid()");
            for (int i = 0; i < 100; i++) {
                client.send(TestClient.task("task-" + i, pid));
            }
            for (int i = 0; i < 100; i++) {
                assertThat(pids.add(client.receive("task-" + i).result())).isTrue();
            }
            await().until(() -> daemon.descendants().size() <= 7);
        }
    }
}
