package io.parallite.process.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.parallite.engine.LibC;
import io.parallite.process.files.WorkerGroups;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real shells below this JVM, which becomes a child subreaper for that. */
@EnabledOnOs(OS.LINUX)
class ProcessReaperTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicLong WORKERS = new AtomicLong();

    /** How often the reaper has looked at all processes of the machine. */
    private static final AtomicInteger SCANS = new AtomicInteger();

    private static ProcessReaper reaper;
    private static LauncherThread launcher;

    @TempDir private Path directory;

    @BeforeAll
    static void startThem() {
        reaper =
                ProcessReaper.start(
                        new CountingTable(),
                        new WorkerGroups(
                                Path.of("/"),
                                () -> {
                                    throw new AssertionError("nothing is limited");
                                }));
        launcher = new LauncherThread();
    }

    @Test
    void reportsTheExitStatusAsAShellDoes() throws Exception {
        assertThat(gone(start("exit 3")).get()).isEqualTo(3);
        assertThat(gone(start("kill -TERM $$")).get()).isEqualTo(128 + 15);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sleep 300",
                "setsid sleep 300",
                "env -i setsid sleep 300",
                "(env -i setsid sh -c 'sleep 300 & (setsid sleep 300 &)' &)",
            })
    void killsWhatAnEndedWorkerHasLeft(String left) throws Exception {
        ProcessTree tree = start(left + " >/dev/null 2>&1 & exec sleep 300");
        await().atMost(PATIENCE).until(() -> descendants(tree).size() >= 2);

        CompletableFuture<Integer> gone = gone(tree);
        LibC.kill(tree.pid(), LibC.SIGKILL);

        assertThat(gone.get()).isEqualTo(128 + 9);
        assertThat(descendants(tree)).isEmpty();
    }

    @Test
    void looksAtNoOtherProcessesWhenAWorkerEnds() throws Exception {
        assumeThat(Path.of("/proc/thread-self/children"))
                .as("the kernel lists children")
                .isReadable();
        int before = SCANS.get();
        ProcessTree tree =
                start("(env -i setsid sleep 300 &) >/dev/null 2>&1; sleep 300 & exec sleep 300");
        await().atMost(PATIENCE).until(() -> descendants(tree).size() >= 3);

        CompletableFuture<Integer> gone = gone(tree);
        LibC.kill(tree.pid(), LibC.SIGKILL);

        gone.get();
        assertThat(descendants(tree)).isEmpty();
        assertThat(SCANS).hasValue(before);
    }

    private static final class CountingTable extends ProcessTable {

        CountingTable() {
            super(Path.of("/proc"));
        }

        @Override
        List<Integer> all() {
            SCANS.incrementAndGet();
            return super.all();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "setsid "})
    void catchesAChainOfForks(String session) throws Exception {
        Path chain = directory.resolve("chain");
        Files.writeString(chain, "echo x >>\"$1\"; %ssh \"$0\" \"$1\" &".formatted(session));
        Path beat = directory.resolve("beat");
        ProcessTree tree = start("sh " + chain + " " + beat + " >/dev/null 2>&1 & exec sleep 300");
        await().atMost(PATIENCE).until(() -> Files.exists(beat) && Files.size(beat) > 40);

        CompletableFuture<Integer> gone = gone(tree);
        tree.kill();

        gone.get();
        assertThat(descendants(tree)).isEmpty();
        long size = Files.size(beat);
        await().during(Duration.ofMillis(300)).until(() -> Files.size(beat) == size);
    }

    @Test
    void leavesTheOrphansOfALivingWorkerAloneAndReapsThem() throws Exception {
        ProcessTree tree =
                start("(setsid sh -c 'sleep 0.2; exec sleep 300' &); (true &); exec sleep 300");
        await().atMost(PATIENCE).until(() -> orphans().size() == 1);

        await().atMost(PATIENCE).until(() -> descendants(tree).size() == 2); // the short one ends
        assertThat(tree.hasEnded()).isFalse();

        CompletableFuture<Integer> gone = gone(tree);
        tree.kill();
        gone.get();
        await().atMost(PATIENCE).until(() -> orphans().isEmpty());
    }

    @Test
    void killsManyAtOnce() throws Exception {
        List<ProcessTree> trees =
                Stream.generate(() -> start("sleep 300 & exec sleep 300")).limit(8).toList();
        List<CompletableFuture<Integer>> gone =
                trees.stream().map(ProcessReaperTest::gone).toList();

        trees.forEach(ProcessTree::kill);

        for (CompletableFuture<Integer> one : gone) {
            assertThat(one.get()).isEqualTo(128 + 9);
        }
        assertThat(trees).allSatisfy(tree -> assertThat(descendants(tree)).isEmpty());
    }

    @Test
    void leavesAProcessThatHasLeftTheTree() throws Exception {
        ProcessTree tree =
                start(
                        "({ ulimit -w unlimited || ulimit -x unlimited; } 2>/dev/null; env -i setsid sh -c 'echo $$ >%s; exec sleep 300' &)"
                                .formatted(directory.resolve("pid")));
        Path pid = directory.resolve("pid");
        assertThat(gone(tree).get()).isZero();
        await().atMost(PATIENCE).until(() -> Files.exists(pid) && Files.size(pid) > 1);

        int left = Integer.parseInt(Files.readString(pid).strip());

        assertThat(LibC.kill(left, LibC.SIGKILL)).as("it was there").isZero();
    }

    private static ProcessTree start(String script) {
        CompletableFuture<ProcessTree> started = new CompletableFuture<>();
        launcher.execute(
                () -> {
                    try {
                        started.complete(
                                reaper.start(
                                                WORKERS.incrementAndGet(),
                                                new ProcessBuilder("setsid", "sh", "-c", script))
                                        .tree());
                    } catch (IOException e) {
                        started.completeExceptionally(e);
                    }
                });
        return started.join();
    }

    private static CompletableFuture<Integer> gone(ProcessTree tree) {
        CompletableFuture<Integer> gone = new CompletableFuture<>();
        tree.onGone(gone::complete, () -> true);
        return gone.orTimeout(PATIENCE.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
    }

    /** All living processes with the mark of the tree's worker. */
    private static List<Integer> descendants(ProcessTree tree) {
        return new ProcessTable(Path.of("/proc"))
                .all().stream()
                        .filter(
                                pid ->
                                        Long.valueOf(tree.worker())
                                                .equals(reaper.mark().workerOf(pid)))
                        .filter(pid -> !isZombie(pid))
                        .toList();
    }

    /** The adopted children of this process. */
    private static List<Integer> orphans() {
        int self = (int) ProcessHandle.current().pid();
        return new ProcessTable(Path.of("/proc"))
                .ownChildren(self).stream()
                        .filter(pid -> reaper.mark().workerOf(pid) != null)
                        .toList();
    }

    private static boolean isZombie(int pid) {
        try {
            String stat =
                    Files.readString(
                            Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'Z';
        } catch (IOException e) {
            return true;
        }
    }
}
