package io.parallite.process.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.parallite.process.WorkerLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is decided and written, in files that stand for those of the kernel. */
class WorkerGroupsTest {

    private static final String MOUNT =
            "31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

    @TempDir private Path root;

    private RunDirectory directory;
    private WorkerGroups groups;
    private Path own;
    private Path all;

    @BeforeEach
    void startInTheGroupOfAService() throws IOException {
        directory = RunDirectory.in(Files.createDirectory(root.resolve("run")));
        groups = new WorkerGroups(root, () -> directory);
        write("proc/self/cgroup", "4:memory:/other\n0::/system.slice/parallite.service\n");
        write("proc/self/mountinfo", "30 24 0:26 / /sys rw - sysfs sysfs rw\n" + MOUNT);
        own = root.resolve("sys/fs/cgroup/system.slice/parallite.service");
        all = own.resolve(directory.path().getFileName());
        group(own, "cpu io memory pids");
        write(own.resolve("cgroup.type"), "domain\n");
        group(all, "");
        write(all.resolve("cgroup.kill"), "");
        for (String name : new String[] {"worker-1", "worker-2"}) {
            write(all.resolve(name).resolve("memory.max"), "max\n");
            write(all.resolve(name).resolve("cpu.weight"), "100\n");
        }
    }

    @AfterEach
    void remove() {
        directory.close();
    }

    private void group(Path path, String controllers) throws IOException {
        write(path.resolve("cgroup.controllers"), controllers + "\n");
        write(path.resolve("cgroup.subtree_control"), "\n");
        write(path.resolve("cgroup.procs"), "");
    }

    private void write(String file, String text) throws IOException {
        write(root.resolve(file), text);
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private static WorkerLimits limits(long memory, Integer weight) {
        return new WorkerLimits(
                Optional.empty(),
                Optional.empty(),
                memory,
                Optional.ofNullable(weight),
                Optional.empty());
    }

    @Test
    void looksForNothingWithoutALimitThatGroupsAreFor() throws IOException {
        WorkerGroups nowhere =
                new WorkerGroups(
                        root.resolve("nowhere"),
                        () -> {
                            throw new AssertionError();
                        });

        assertThat(nowhere.make(WorkerLimits.NONE)).isNull();
        assertThat(nowhere.home()).isNull();
        nowhere.close();
    }

    @Test
    void limitsAGroupForEachWorker() throws IOException {
        WorkerGroup one = groups.make(limits(300_000_000, 250));
        WorkerGroup two = groups.make(limits(0, 10_000));

        assertThat(one.limitsMemory()).isTrue();
        assertThat(two.limitsMemory()).isFalse();
        assertThat(all.resolve("worker-1/memory.max")).hasContent("300000000");
        assertThat(all.resolve("worker-1/cpu.weight")).hasContent("250");
        assertThat(all.resolve("worker-2/memory.max")).hasContent("max\n");
        assertThat(all.resolve("worker-2/cpu.weight")).hasContent("10000");
        assertThat(own.resolve("cgroup.subtree_control")).hasContent("+cpu");
        assertThat(groups.home()).isEqualTo(all);
        assertThat(directory.path().resolve("cgroup")).hasContent(all.toString());
    }

    @Test
    void memoryIsNotSwappedOutInstead() throws IOException {
        write(all.resolve("worker-1/memory.swap.max"), "max\n");

        groups.make(limits(1 << 20, null));

        assertThat(all.resolve("worker-1/memory.swap.max")).hasContent("0");
    }

    @Test
    void withoutAControllerGroupsOnlyEndProcesses() throws IOException {
        write(own.resolve("cgroup.controllers"), "hugetlb\n");

        WorkerGroup group = groups.make(limits(300_000_000, 250));

        assertThat(group.limitsMemory()).as("so that the process is").isFalse();
        assertThat(all.resolve("worker-1/memory.max")).hasContent("max\n");
        assertThat(all.resolve("worker-1/cpu.weight")).hasContent("100\n");
        assertThat(own.resolve("cgroup.subtree_control")).hasContent("\n");
        assertThat(group.kill()).as("nothing is in it").isFalse();
    }

    @Test
    void leavesControllersAloneWhereOtherProcessesAre() throws IOException {
        write(own.resolve("cgroup.procs"), "1\n");

        WorkerGroup group = groups.make(limits(300_000_000, null));

        assertThat(group.limitsMemory()).isFalse();
        assertThat(own.resolve("cgroup.subtree_control")).hasContent("\n");
        assertThat(own.resolve("cgroup.procs")).as("nobody was moved").hasContent("1\n");
        assertThat(own.resolve("init")).doesNotExist();
    }

    /** A daemon that wrote the id 0 into a file of processes would move itself. */
    @Test
    void movesNobodyWhereAProcessFromOutsideOfTheContainerIs() throws IOException {
        write("proc/self/cgroup", "0::/\n");
        write(
                "proc/self/mountinfo",
                "31 24 0:27 / /sys/fs/cgroup/system.slice/parallite.service rw - cgroup2 cgroup rw\n");
        write(own.resolve("cgroup.procs"), "0\n" + ProcessHandle.current().pid() + "\n");

        WorkerGroup group = groups.make(limits(300_000_000, null));

        assertThat(group.limitsMemory()).isFalse();
        assertThat(own.resolve("init")).doesNotExist();
        assertThat(all.resolve(Cgroup.DAEMON)).doesNotExist();
        assertThat(new Cgroup(own, true).objection("memory"))
                .hasValueSatisfying(why -> assertThat(why).contains("outside of this container"));
    }

    @Test
    void limitsByTheProcessWhereThereIsNoSecondVersion() throws IOException {
        write("proc/self/cgroup", "4:memory:/\n");
        assertThat(groups.make(limits(300_000_000, 250))).isNull();
        assertThat(groups.home()).isNull();

        write("proc/self/cgroup", "0::/../elsewhere\n"); // asked once
        assertThat(groups.make(limits(300_000_000, 250))).isNull();
    }

    @Test
    void needsTheKillFile() throws IOException {
        TreeDeletion.delete(all);

        assertThat(groups.make(limits(300_000_000, 250))).isNull();
        assertThat(all).doesNotExist();
    }

    @Test
    void failsOneWorkerWhereNoFurtherGroupCanBeMade() throws IOException {
        groups.make(limits(0, 250));
        write(all.resolve("worker-2/cpu.weight"), "");
        Files.delete(all.resolve("worker-2/cpu.weight"));

        assertThatThrownBy(() -> groups.make(limits(0, 250))).isInstanceOf(IOException.class);
    }

    @Test
    void findsTheGroupInAContainerThatSeesAPartOfTheHierarchy() throws IOException {
        write("proc/self/cgroup", "0::/docker/abc/inner\n");
        write(
                "proc/self/mountinfo",
                "31 24 0:27 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n");

        assertThat(Cgroup.of(root, "self").path()).isEqualTo(root.resolve("sys/fs/cgroup/inner"));
    }

    @Test
    void tellsTheGroupThatWasGivenFromThatOfTheDaemon() {
        Path given = Path.of("/sys/fs/cgroup/x.service");
        Path daemon = given.resolve("parallite-run-123/daemon");

        assertThat(new Cgroup(daemon, false).withoutDaemon().path()).isEqualTo(given);
        assertThat(new Cgroup(given, false).withoutDaemon().path()).isEqualTo(given);
        assertThat(new Cgroup(Path.of("/daemon"), false).withoutDaemon().path())
                .isEqualTo(Path.of("/daemon"));
    }
}
