package io.parallite.it;

import static io.parallite.it.Closures.sleep;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.parallite.deploy.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The limit of processes, RLIMIT_NPROC: of a user other than root, who has none. */
@EnabledOnOs(OS.LINUX)
final class ProcessLimitIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Nobody else's, so that what others of the user run does not count. */
    private static final int USER = 59_417;

    private static final List<String> AS_USER =
            List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups");

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    /** A daemon that the limit is for. */
    private static DaemonBuilder limited(String... flags) {
        DaemonBuilder builder = daemon(flags);
        if (isRoot()) {
            Path project = builder.project();
            for (Path own : List.of(project.getParent(), project, project.resolveSibling("run"))) {
                belongsTo(USER, own);
            }
            builder.under(AS_USER.toArray(String[]::new));
        }
        return builder;
    }

    private static void belongsTo(int user, Path file) {
        try {
            Files.setAttribute(file, "unix:uid", user);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String softLimit(DaemonProcess daemon) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + daemon.pid() + "/limits")).stream()
                .filter(line -> line.startsWith("Max processes"))
                .map(line -> line.split("\\s+")[2])
                .findFirst()
                .orElseThrow();
    }

    private static void limit(DaemonProcess daemon, long processes) {
        limit(daemon, processes + ":" + processes);
    }

    private static void limit(DaemonProcess daemon, String softAndHard) {
        List<String> command = new ArrayList<>(isRoot() ? AS_USER : List.of());
        command.addAll(List.of("prlimit", "--pid=" + daemon.pid(), "--nproc=" + softAndHard));
        Tool.tool(command.toArray()).run().ok();
    }

    @RepeatedTest(5)
    @DisplayName("SIGTERM that comes as soon as starts of workers have reached the limit stops it")
    void stopsAsSoonAsTheLimitIsReached() {
        try (DaemonProcess daemon =
                        limited("--fixed-workers", "1", "--max-workers", "60").startAtRest();
                TestClient client = daemon.connect()) {
            limit(daemon, Processes.ofTheUserOf(daemon.pid()) + 12);
            for (int i = 0; i < 60; i++) {
                client.send(TestClient.task("task" + i, sleep(100)));
            }
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .atMost(PATIENCE)
                    .until(() -> daemon.log().contains("ulimit -u"));

            assertThat(daemon.stop().exitCode()).isZero();
        }
    }

    @Test
    @DisplayName("Line 22: starts that fail at the limit of processes harm no running worker")
    void startsWorkersAgainOnceTheLimitIsRaised() throws IOException {
        try (DaemonProcess daemon =
                        limited("--fixed-workers", "1", "--max-workers", "8").startAtRest();
                TestClient client = daemon.connect()) {
            Gate gate = Gate.of(daemon);
            client.send(TestClient.task("long", gate.task()));
            StoppingIT.awaitBusy(daemon, 1);
            String before = softLimit(daemon);
            limit(daemon, "1:");
            for (int i = 0; i < 4; i++) {
                client.send(TestClient.task("short" + i, sleep(1)));
            }
            await().atMost(PATIENCE).until(() -> daemon.log().contains("ulimit -u"));

            limit(daemon, before + ":");

            gate.open();
            client.receive("long").assertResult("passed");
            client.submit("later", sleep(1)).assertResult("slept");
            List<TestClient> others = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                others.add(daemon.connect().send(TestClient.task("other" + i, sleep(60_000))));
            }
            await().atMost(PATIENCE).until(() -> daemon.stats().busy() == 4);
            for (int i = 0; i < 4; i++) {
                client.call(TestClient.request("cancel", "other" + i));
            }
            others.forEach(TestClient::close);
            daemon.assertRestored();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    @DisplayName("With a limit far below what already runs, a signal stops it")
    void stopsWhereNothingCanBeStarted(String signal) {
        try (DaemonProcess daemon =
                        limited("--fixed-workers", "2", "--max-workers", "8").startAtRest();
                TestClient client = daemon.connect()) {
            limit(daemon, 1);
            client.submit("task", sleep(1)).assertResult("slept");

            DaemonProcess.Ended ended = daemon.end(signal);

            assertThat(ended.exitCode()).isZero();
            assertThat(ended.log()).contains("has stopped").doesNotContain("OutOfMemoryError");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 12, 20, 28, 35})
    @DisplayName("Too few processes for a start are told in one line")
    void refusesToStartWithTooFewProcesses(int processes) {
        assumeThat(isRoot()).as("what others of the user run would count").isTrue();

        DaemonProcess.Ended ended =
                limited("--fixed-workers", "1").under("prlimit", "--nproc=" + processes).run();

        assertThat(ended.exitCode()).isEqualTo(78);
        assertThat(ended.log().lines())
                .singleElement()
                .asString()
                .startsWith("parallite: " + processes + " processes and threads are allowed")
                .contains("ulimit -u");
    }

    @Test
    @DisplayName("A start that finds all processes taken says so in one line")
    void refusesToStartWhereOthersHaveTakenAll() throws IOException {
        assumeThat(isRoot()).as("what others of the user run would count").isTrue();
        List<String> sleep = new ArrayList<>(AS_USER);
        sleep.addAll(List.of("sleep", "300"));
        List<Process> others = new ArrayList<>();
        try {
            for (int i = 0; i < 26; i++) {
                others.add(new ProcessBuilder(sleep).start());
            }
            DaemonProcess.Ended ended =
                    limited("--fixed-workers", "1").under("prlimit", "--nproc=44").run();

            assertThat(ended.exitCode()).isEqualTo(78);
            assertThat(ended.log().lines())
                    .singleElement()
                    .asString()
                    .contains("no more processes and threads can be started", "ulimit -u");
        } finally {
            others.forEach(Process::destroyForcibly);
        }
    }

    @Test
    @DisplayName("As many processes as a start asks for are enough")
    void needsNoMoreProcessesThanItAsksFor() {
        assumeThat(isRoot()).as("what others of the user run would count").isTrue();
        try (DaemonProcess daemon =
                        limited("--fixed-workers", "3", "--max-workers", "3")
                                .under("prlimit", "--nproc=" + (32 + 3 * 4))
                                .startAtRest();
                TestClient client = daemon.connect()) {
            client.submit("task", sleep(1)).assertResult("slept");
            assertThat(daemon.log()).doesNotContain("ulimit -u", "WARN", "ERROR");
            daemon.assertRestored();
        }
    }
}
