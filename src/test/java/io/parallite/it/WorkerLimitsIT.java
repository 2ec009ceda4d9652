package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.parallite.deploy.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the system allows worker processes: {@code worker_nice} and its like. */
final class WorkerLimitsIT {

    private static final int BAD_CONFIGURATION = 78;
    private static final int NICE_FIELD = 16;

    /** The niceness of a process, and of one that it has started. */
    private static final String NICE =
            closure(
                    "fn () => [(int) explode(' ', substr(strrchr(file_get_contents('/proc/self/stat'), ')'), 2))[16], (int) shell_exec('nice')]");

    private static final String IONICE = closure("fn () => trim(shell_exec('ionice'))");

    /** Is killed, or gets none; what it has is not PHP's to free. */
    private static final String GREEDY =
            closure(
                    "function () { ini_set('memory_limit', '-1'); return strlen(str_repeat('x', 400_000_000)); }");

    @BeforeAll
    static void needsLinux() {
        assumeThat(Files.isDirectory(Path.of("/proc/self"))).isTrue();
    }

    private static DaemonBuilder limited(String start, String settings) {
        return daemon("--worker-start", start)
                .flags("--fixed-workers", "2", "--max-workers", "3")
                .json("{" + settings + "}");
    }

    private static int niceOf(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[NICE_FIELD]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void workersAreNiceAndTheDaemonIsNot(String start) throws IOException {
        int own = niceOf(ProcessHandle.current().pid());
        String settings =
                "\"worker_nice\": %d, \"worker_ionice\": \"best-effort:6\"".formatted(own + 7);
        try (DaemonProcess daemon = limited(start, settings).startAtRest();
                TestClient client = daemon.connect()) {
            assertThat(client.submit("nice", NICE).result().toString())
                    .isEqualTo("[%d, %d]".formatted(own + 7, own + 7));
            client.submit("ionice", IONICE).assertResult("best-effort: prio 6");
            for (Stats.Worker worker : daemon.stats().workers()) {
                assertThat(niceOf(worker.pid())).isEqualTo(own + 7);
            }
            for (long template : daemon.templates()) {
                assertThat(niceOf(template)).isEqualTo(own + 7);
            }
            assertThat(niceOf(daemon.pid())).isEqualTo(own);
            daemon.assertRestored();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void aTaskThatNeedsMoreMemoryIsToldTheLimit(String start) throws IOException {
        try (DaemonProcess daemon =
                        limited(start, "\"worker_memory_max\": 200000000").startAtRest();
                TestClient client = daemon.connect()) {
            Reply refused = client.submit("greedy", GREEDY);

            assertThat(refused.errorCode()).isIn("WORKER_CRASHED", "FATAL");
            assertThat(refused.error()).contains("worker_memory_max=200000000");
            client.submit("modest", closure("fn () => strlen(str_repeat('x', 20_000_000))"))
                    .assertResult(20_000_000);
            assertThat(Files.readString(Path.of("/proc/" + daemon.pid() + "/limits")))
                    .as("the daemon's own limit")
                    .doesNotContain("200000000");
            daemon.assertRestored();
        }
    }

    @Test
    void aReloadChangesLimits() throws IOException {
        DaemonBuilder builder = limited("fork", "");
        try (DaemonProcess daemon = builder.startAtRest();
                TestClient client = daemon.connect()) {
            Path file = builder.project().resolve("parallite.json");
            int own = niceOf(daemon.pid());
            Files.writeString(file, "{\"worker_nice\": %d}".formatted(own + 3));
            Cli cli = Cli.in(builder.project());
            cli.run("reload", "--socket", "" + daemon.socket()).assertExit(0);

            await().untilAsserted(
                            () ->
                                    assertThat(client.submit("n", NICE).result().toString())
                                            .startsWith("[" + (own + 3)));
            daemon.assertRestored();
        }
    }

    @Test
    void refusesToStartWithALimitThatIsNotToBeHad() {
        Assumptions.assumeTrue(
                Tool.tool("id", "-u").run().output().strip().equals("0"),
                "only root can become a user who may not");
        DaemonProcess.Ended ended =
                limited("exec", "\"worker_nice\": -5")
                        .under("setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice")
                        .run();

        assertThat(ended.exitCode()).isEqualTo(BAD_CONFIGURATION);
        assertThat(ended.log().strip().lines())
                .singleElement()
                .asString()
                .contains("worker_nice=-5 is not to be had here", "ermission denied");
    }

    private static void assumeRoot() {
        Assumptions.assumeTrue(
                Tool.tool("id", "-u").run().output().strip().equals("0"),
                "only root can become another user");
    }

    /** In a directory that others may pass through, as the run-time directory of a service is. */
    private static DaemonBuilder asNobody(String start, String settings) throws IOException {
        DaemonBuilder builder = limited(start, "\"worker_user\": \"nobody\"" + settings);
        for (Path directory :
                List.of(builder.socket().resolveSibling("run"), builder.socket().getParent())) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return builder;
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void workersRunAsAnotherUser(String start) throws IOException {
        assumeRoot();
        try (DaemonProcess daemon = asNobody(start, ", \"worker_nice\": -2").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("uid", closure("fn () => [posix_getuid(), posix_geteuid()]"))
                    .assertResult(List.of(65534, 65534));
            assertThat(client.submit("groups", closure("fn () => posix_getgroups()")).result())
                    .as("none of root's")
                    .asString()
                    .doesNotContain("[0", " 0");
            client.submit("user", closure("fn () => getenv('USER') . getenv('HOME')"))
                    .assertResult("nobody");
            client.submit("nice", NICE).assertResult(List.of(-2, -2));
            Reply printed =
                    client.submit(
                            "printed", closure("function () { echo 'a'; system('echo b'); }"));
            assertThat(printed.text("output")).contains("a", "b");
            client.submit(
                            "dies",
                            closure(
                                    "function () { fwrite(STDERR, 'last words'); posix_kill(getmypid(), 9); }"))
                    .assertFailure("WORKER_CRASHED", "last words");
            client.submit(
                            "shut out",
                            closure(
                                    "fn () => [is_readable('/etc/shadow'), @scandir(glob('%s/run/*')[0])]"
                                            .formatted(daemon.directory())))
                    .assertResult(List.of(false, false));
            if (start.equals("fork")) {
                assertThat(daemon.templates()).hasSize(1);
            }
            daemon.assertRestored();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void workersOfAnotherUserEndWithAKilledDaemon(String start) throws IOException {
        assumeRoot();
        DaemonBuilder builder = asNobody(start, "");
        DaemonProcess killed = builder.startAtRest();
        List<Long> workers = killed.descendants();
        assertThat(workers).isNotEmpty();

        killed.killHard();

        await().untilAsserted(() -> assertThat(workers).noneMatch(Processes::isAlive));
        try (DaemonProcess next = builder.startAtRest()) { // and its end leaves nothing of either
            next.assertRestored();
        }
    }

    @Test
    void tasksOfAnotherUserReadSharedValues() throws IOException {
        assumeRoot();
        byte[] value = "shared".getBytes(StandardCharsets.UTF_8);
        String hash = hash(value);
        try (DaemonProcess daemon = asNobody("exec", "").startAtRest();
                TestClient client = daemon.connect()) {
            Map<String, Object> share = TestClient.request("share", "s");
            share.put("hash", hash);
            share.put("payload", "shared");
            assertThat(client.call(share).ok()).isTrue();
            Map<String, Object> task =
                    TestClient.task(
                            "t",
                            closure(
                                    "fn () => [file_get_contents(getenv('PARALLITE_SHARED_VALUES') . '/%s'), @scandir(getenv('PARALLITE_SHARED_VALUES'))]"
                                            .formatted(hash)));
            task.put("shared", List.of(hash));
            client.call(task).assertResult(List.of("shared", false));
        }
    }

    private static String hash(byte[] value) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void refusesUsersThatThereAreNotAndPlacesThatTheyCannotReach() {
        assumeRoot();
        assertRefused(
                limited("exec", "\"worker_user\": \"no-such-user\""),
                "worker_user: there is no user no-such-user");
        assertRefused(
                limited("exec", "\"worker_user\": \"nobody\""), "worker_user=nobody cannot enter");
        assertRefused(
                limited("exec", "\"worker_user\": \"daemon\"")
                        .under("setpriv", "--bounding-set=-setuid", "--inh-caps=-setuid"),
                "worker_user=daemon is not to be had here: setpriv");
    }

    private static void assertRefused(DaemonBuilder builder, String words) {
        DaemonProcess.Ended ended = builder.run();

        assertThat(ended.exitCode()).isEqualTo(BAD_CONFIGURATION);
        assertThat(ended.log().strip().lines()).singleElement().asString().contains(words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"worker_nice\": 20", "\"worker_ionice\": \"idle:3\""})
    void refusesWhatIsNoLimit(String setting) {
        DaemonProcess.Ended ended = limited("exec", setting).run();

        assertThat(ended.exitCode()).isEqualTo(BAD_CONFIGURATION);
        assertThat(ended.log())
                .contains(setting.replaceAll("[\" ]", "").replace(':', '=').replace("=3", ":3"));
    }
}
