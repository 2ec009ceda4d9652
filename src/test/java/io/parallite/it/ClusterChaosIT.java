package io.parallite.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.parallite.cluster.store.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a cluster promises of each task, while workers, daemons and connections to Redis are killed
 * at random.
 *
 * <p>Of a few hundred tasks in each build; {@code -Dit.chaos=20000} has as many and prints the
 * table in {@code src/docs/cluster.md}, {@code -Dit.seed} repeats the choices of an earlier run.
 */
final class ClusterChaosIT {

    private static final int TASKS = Integer.getInteger("it.chaos", 400);

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir Path directory;

    /** One line that a task has written when it began. */
    private record Attempt(String name, String node) {}

    private final Map<String, List<Attempt>> attempts = new HashMap<>();
    private final Map<String, Integer> endings = new TreeMap<>();
    private final List<String> broken = new ArrayList<>();
    private int missing;
    private int again;
    private int againOnceLost;
    private int twice;

    @Test
    @DisplayName(
            "Nothing is missing, and doubled only what may be, while everything is killed at random")
    void keepsItsPromisesWhileEverythingIsKilled() throws Exception {
        long seed = Long.getLong("it.seed", System.nanoTime());
        System.out.println("ClusterChaosIT: -Dit.chaos=" + TASKS + " -Dit.seed=" + seed);
        Path trace = directory.resolve("trace");
        try (RedisServer redis = RedisServer.start();
                ChaosFaults faults = new ChaosFaults(redis, directory, new Random(seed))) {
            ChaosClients clients = new ChaosClients(faults, trace, new Random(seed), TASKS);
            long began = System.nanoTime();
            faults.begin();
            Map<String, Reply> outcomes = clients.run();
            faults.end();
            Duration took = Duration.ofNanos(System.nanoTime() - began);

            readAttempts(trace);
            outcomes.forEach((id, outcome) -> judge(faults, id, outcome));
            print(faults, took);

            assertThat(broken).isEmpty();
            assertThat(outcomes).hasSize(TASKS);
            assertThat(faults.counts().values()).as("faults %s", faults.counts()).doesNotContain(0);
            assertNothingLeft(redis);
            faults.living().forEach(DaemonProcess::assertRestored);
        }
    }

    private void readAttempts(Path trace) throws Exception {
        for (String line : Files.readAllLines(trace)) {
            String[] words = line.split(" ");
            assertThat(words).as("the line \"%s\"", line).hasSize(3);
            attempts.computeIfAbsent(words[0], any -> new ArrayList<>())
                    .add(new Attempt(words[1], ChaosFaults.nodeOf(words[2])));
        }
    }

    private void judge(ChaosFaults faults, String id, Reply outcome) {
        List<Attempt> mine = attempts.getOrDefault(id, List.of());
        endings.merge(outcome.ok() ? "completed" : outcome.errorCode(), 1, Integer::sum);
        if (outcome.ok() && mine.isEmpty()) {
            missing++;
            broken.add(id + " has a result and was never run");
        }
        if (outcome.ok()
                && !mine.isEmpty()
                && !mine.getLast().name().equals(String.valueOf(outcome.result()))) {
            broken.add(id + " has the result of " + outcome.result() + ", run were " + mine);
        }
        // a worker that is killed is the task's result; a node's loss that of one that runs once
        if (!outcome.ok()
                && !Set.of("WORKER_CRASHED", "NODE_LOST", "WORKER_START_FAILED")
                        .contains(outcome.errorCode())) {
            missing++;
            broken.add(id + " has failed: " + outcome.fields());
        }
        if (mine.size() > 1) {
            judgeDoubled(faults, id, mine);
        }
    }

    private void judgeDoubled(ChaosFaults faults, String id, List<Attempt> mine) {
        again++;
        if (ChaosClients.isOnce(id)) {
            twice++;
            broken.add(id + " must run once, run were " + mine);
        }
        for (Attempt attempt : mine.subList(0, mine.size() - 1)) {
            if (faults.hasLost(attempt.node(), id)) {
                againOnceLost++;
            } else if (!faults.wasKilled(attempt.node())) {
                broken.add(id + " was run again without a cause, run were " + mine);
            }
        }
    }

    private void print(ChaosFaults faults, Duration took) {
        StringBuilder table = new StringBuilder("| | |\n|---|---|\n");
        row(table, "tasks", TASKS);
        row(
                table,
                "of them at most once",
                (int) ChaosClients.ids(TASKS).filter(ChaosClients::isOnce).count());
        faults.counts().forEach((fault, times) -> row(table, fault, times));
        row(table, "seconds", (int) took.toSeconds());
        endings.forEach((ending, times) -> row(table, "ended as " + ending, times));
        row(table, "missing", missing);
        row(table, "run more than once", again);
        row(table, "of them because a living node had lost its lease", againOnceLost);
        row(table, "run more than once though at most once", twice);
        row(table, "broken promises", broken.size());
        System.out.println(table);
    }

    private static void row(StringBuilder table, String name, int figure) {
        table.append("| ").append(name).append(" | ").append(figure).append(" |\n");
    }

    /** Entries, leases and waiters are gone; the only hashes are those of tasks that ended. */
    private static void assertNothingLeft(RedisServer redis) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            String prefix = "{parallite:parallite}:";
                            for (String priority : List.of("high", "normal", "low")) {
                                String stream = prefix + "q:none:" + priority;
                                assertThat(redis.run("xlen", stream).strip()).isEqualTo("0");
                                assertThat(
                                                redis.run("xpending", stream, "nodes")
                                                        .lines()
                                                        .findFirst())
                                        .contains("0");
                            }
                            assertThat(redis.run("keys", prefix + "w:*")).isBlank();
                        });
    }
}
