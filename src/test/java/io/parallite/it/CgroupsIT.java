package io.parallite.it;

import static io.parallite.it.Closures.closure;
import static io.parallite.it.DaemonBuilder.daemon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.parallite.process.files.Cgroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Workers in control groups of their own, with what the machine gives: groups in which a user may
 * make others, and perhaps controllers.
 */
final class CgroupsIT {

    private static final String WEIGHT = "\"worker_cpu_weight\": 300";

    /** The group of the worker, relative to that of the hierarchy. */
    private static final String GROUP =
            closure(
                    "fn () => substr(trim(current(preg_grep('/^0::/', file('/proc/' . getmypid() . '/cgroup')))), 3)");

    /** Starts what has no mark of the daemon's, so that it has left the worker's tree. */
    private static final String LEAVE =
            "({ ulimit -w unlimited || ulimit -x unlimited; } 2>/dev/null; env -i setsid sh -c 'echo $$ >%s; exec sleep 300' >/dev/null 2>&1 &)";

    private Cgroup own;
    private Set<Path> before;

    @BeforeEach
    void findGroup() throws IOException {
        try {
            own = Cgroup.of(Path.of("/"), "self");
        } catch (IOException e) {
            assumeTrue(false, e.getMessage());
        }
        assumeTrue(Files.isWritable(own.path()), own.path() + " is not this user's to write");
        before = groups();
        Path probe = Files.createDirectory(own.path().resolve("pl-it-probe"));
        boolean kills = Files.exists(probe.resolve("cgroup.kill"));
        Files.delete(probe);
        assumeTrue(kills, "Linux before 5.14 has no cgroup.kill");
    }

    @AfterEach
    void leavesNoGroup() throws IOException {
        if (before != null) {
            await().untilAsserted(() -> assertThat(groups()).isEqualTo(before));
        }
    }

    private Set<Path> groups() throws IOException {
        try (Stream<Path> entries = Files.list(own.path())) {
            return new HashSet<>(entries.filter(Files::isDirectory).toList());
        }
    }

    private static DaemonBuilder limited(String start, String settings) {
        return daemon("--worker-start", start)
                .flags("--fixed-workers", "2", "--max-workers", "3")
                .json("{" + settings + "}");
    }

    /** Where a worker with such a group is. */
    private Path path(Object group) {
        Path mounted = own.path();
        while (!Files.isDirectory(mounted.resolve(group.toString().substring(1)))) {
            mounted = mounted.getParent();
        }
        return mounted.resolve(group.toString().substring(1));
    }

    @Test
    void withoutTheSettingsThereAreNoGroups() throws IOException {
        try (DaemonProcess daemon = limited("exec", "\"worker_nice\": 5").startAtRest();
                TestClient client = daemon.connect()) {
            assertThat(client.submit("group", GROUP).result().toString())
                    .doesNotContain("parallite");
            assertThat(groups()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void eachWorkerHasAGroupOfItsOwn(String start) throws IOException {
        try (DaemonProcess daemon = limited(start, WEIGHT).startAtRest();
                TestClient client = daemon.connect()) {
            Set<String> seen = new HashSet<>();
            for (Stats.Worker worker : daemon.stats().workers()) {
                String group = Files.readString(Path.of("/proc/" + worker.pid() + "/cgroup"));
                assertThat(group).containsPattern("(?m)^0::.*/parallite-run-[0-9]+/worker-[0-9]+$");
                seen.add(group);
            }
            assertThat(seen).as("groups").hasSize(2);
            Object group = client.submit("group", GROUP).result();
            assertThat(group.toString()).contains("/worker-");
            Path weight = path(group).resolve("cpu.weight");
            String log = daemon.log();
            if (Files.exists(weight)) {
                assertThat(weight).hasContent("300");
                assertThat(log).contains("worker_cpu_weight is kept by control groups");
            } else {
                assertThat(log.split("worker_cpu_weight is not kept", -1)).hasSize(2);
            }
            daemon.assertRestored();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void endsWhatHasLeftTheTreeOfAWorker(String start) throws IOException {
        try (DaemonProcess daemon =
                        daemon("--worker-start", start)
                                .flags("--fixed-workers", "1", "--max-workers", "1")
                                .json("{" + WEIGHT + "}")
                                .startAtRest();
                TestClient client = daemon.connect()) {
            Path pid = daemon.directory().resolve("pid");
            client.submit("leave", leaving(pid, "function () { shell_exec(\"%s\"); }"));
            long left = awaitPid(pid);
            assertThat(Processes.isAlive(left)).isTrue();

            client.submit("end", closure("function () { posix_kill(getmypid(), 9); }"));

            await().until(() -> !Processes.isAlive(left));
            daemon.assertRestored();
        }
    }

    private static String leaving(Path pid, String code) {
        return closure(
                code.formatted(LEAVE.formatted(pid).replace("$", "\\$").replace("\"", "\\\"")));
    }

    private static long awaitPid(Path pid) throws IOException {
        await().until(() -> Files.exists(pid) && Files.readString(pid).endsWith("\n"));
        return Long.parseLong(Files.readString(pid).strip());
    }

    @Test
    void everyForkOfATaskHasAGroupThatGoesWithIt() throws IOException {
        try (DaemonProcess daemon =
                        limited("fork", WEIGHT + ", \"isolation\": \"task\"").startAtRest();
                TestClient client = daemon.connect()) {
            Set<Object> seen = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                seen.add(client.submit("group " + i, GROUP).result());
            }
            assertThat(seen).hasSize(20);
            Path all = path(daemonsGroup(seen.iterator().next()));
            await().untilAsserted(
                            () -> assertThat(workersIn(all)).as("groups").isLessThanOrEqualTo(4));
            daemon.assertRestored();
        }
    }

    private static String daemonsGroup(Object worker) {
        return worker.toString().replaceAll("/worker-.*", "");
    }

    private static long workersIn(Path all) throws IOException {
        try (Stream<Path> entries = Files.list(all)) {
            return entries.filter(path -> path.getFileName().toString().startsWith("worker-"))
                    .count();
        }
    }

    /** Without a watchdog, which would do it. */
    @Test
    void theNextStartEndsAndRemovesWhatAKilledDaemonHasLeft() throws IOException {
        DaemonBuilder builder = limited("exec", WEIGHT).jvm("-Dparallite.guard=false");
        long left;
        Path all;
        try (DaemonProcess other = limited("exec", WEIGHT).startAtRest();
                TestClient toOther = other.connect()) {
            DaemonProcess killed = builder.startAtRest();
            try (TestClient client = killed.connect()) {
                Path pid = killed.directory().resolve("pid");
                all = path(daemonsGroup(client.submit("group", GROUP).result()));
                client.submit("leave", leaving(pid, "function () { shell_exec(\"%s\"); }"));
                left = awaitPid(pid);
            }
            killed.killHard();
            assertThat(Processes.isAlive(left)).isTrue();
            assertThat(all).isDirectory();

            try (DaemonProcess next = builder.startAtRest()) {
                assertThat(Processes.isAlive(left)).isFalse();
                assertThat(all).doesNotExist();
                assertThat(next.log()).contains("a killed daemon has left a control group");
            }
            assertThat(toOther.submit("group", GROUP).result().toString())
                    .as("another daemon's")
                    .contains("/worker-");
        }
    }

    @Test
    void theWatchdogEndsGroupsOfAKilledDaemon() throws IOException {
        DaemonBuilder builder = limited("exec", WEIGHT);
        DaemonProcess killed = builder.startAtRest();
        long left;
        try (TestClient client = killed.connect()) {
            Path pid = killed.directory().resolve("pid");
            client.submit("leave", leaving(pid, "function () { shell_exec(\"%s\"); }"));
            left = awaitPid(pid);
        }

        killed.killHard();

        await().until(() -> !Processes.isAlive(left));
        try (DaemonProcess next = builder.startAtRest()) { // removes the groups
            next.assertRestored();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "fork"})
    void aTaskThatTheKernelEndsForItsMemoryIsToldTheLimit(String start) throws IOException {
        assumeTrue(
                own.objection("memory").isEmpty() && (own.isRoot() || own.isOfNamespace()),
                own.path() + " does not give the controller memory");
        try (DaemonProcess daemon =
                        limited(start, "\"worker_memory_max\": 150000000").startAtRest();
                TestClient client = daemon.connect()) {
            client.submit(
                            "greedy",
                            closure(
                                    "function () { ini_set('memory_limit', '-1'); return strlen(str_repeat('x', 400_000_000)); }"))
                    .assertFailure("WORKER_CRASHED", "worker_memory_max=150000000");
            client.submit("modest", closure("fn () => strlen(str_repeat('x', 20_000_000))"))
                    .assertResult(20_000_000);
            daemon.assertRestored();
        }
    }

    @Test
    void doctorTellsOfGroupsWhereASettingNeedsThem() throws IOException {
        try (DaemonProcess daemon = limited("exec", WEIGHT).startAtRest()) {
            Cli cli = Cli.in(daemon.directory().resolve("project"));
            String said = cli.run("doctor", "--socket", "" + daemon.socket()).out();
            List<String> lines = said.lines().filter(line -> line.contains(" cgroups ")).toList();
            assertThat(lines).singleElement().asString().contains("worker_cpu_weight");
        }
        assertThat(Cli.in(Files.createTempDirectory("pl-it-")).run("doctor").out())
                .doesNotContain(" cgroups ");
    }
}
