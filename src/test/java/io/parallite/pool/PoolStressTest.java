package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.TestFrames;
import io.parallite.worker.Recycling;
import io.parallite.worker.WorkerSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Thousands of random steps: submits, replies, deaths, time-outs, cancels, failed starts, clients
 * that stop reading. After each step the pool must be in order, and in the end everybody must have
 * been answered once. A seed that fails, fails again.
 */
class PoolStressTest {

    private static final int STEPS = 4000;
    private static final Logger WORKER_LOG = Logger.getLogger("io.parallite.worker");

    private PoolFixture fixture;
    private Random random;
    private final List<Lane> lanes = new ArrayList<>();
    private final List<Submission> unsettled = new ArrayList<>();
    private final List<ReloadOutcome> reloads = new ArrayList<>();
    private int submitted;
    private final Set<String> cancelled = new HashSet<>();
    private boolean prefetching;
    private boolean isolating;
    private int taken;
    private int ran;

    @BeforeAll
    static void keepTheLogShort() {
        WORKER_LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void logAgain() {
        WORKER_LOG.setLevel(null);
    }

    @ParameterizedTest(name = "seed {0}, {1} of at most {2} workers persistent")
    @CsvSource({"1, 1, 1", "2, 2, 2", "3, 1, 4", "4, 0, 3", "5, 3, 5", "6, 4, 4", "7, 2, 9"})
    void staysInOrderWhateverHappens(long seed, int fixed, int max) {
        run(PoolFixture.starting(fixed, max, 20, seed), seed, fixed, 0);
    }

    @ParameterizedTest(name = "seed {0}, {1} of at most {2} workers persistent")
    @CsvSource({
        "11, 1, 1",
        "12, 2, 2",
        "13, 1, 4",
        "14, 0, 3",
        "15, 3, 5",
        "16, 4, 4",
        "17, 2, 9",
        "3001, 0, 3",
        "3002, 0, 3",
        "3013, 4, 4",
        "3036, 0, 3",
        "3066, 2, 2",
        "3143, 1, 1",
        "3171, 2, 9",
        "3185, 1, 4"
    })
    void staysInOrderWhileWorkersAreRecycledAndReloaded(long seed, int fixed, int max) {
        Recycling recycling =
                new Recycling(7, 0, Duration.ofSeconds(40), Duration.ofMillis(seed % 2 * 300));
        run(PoolFixture.starting(fixed, max, recycling), seed, fixed, 2);
        assertThat(reloads.stream().filter(ReloadOutcome.Done.class::isInstance)).isNotEmpty();
        assertThat(fixture.snapshot().wedges()).as("what the watch had to mend").isZero();
    }

    /**
     * Several seeds, because what one does to a single worker is chance. What counts is the share
     * of their tasks that persistent workers take by themselves.
     */
    @ParameterizedTest(name = "seeds from {0} on, {1} of at most {2} workers persistent")
    @CsvSource({"2100, 1, 1", "2200, 2, 2", "2300, 1, 4", "2400, 4, 4", "2500, 2, 9"})
    void staysInOrderWhileWorkersTakeTasksByThemselves(long first, int fixed, int max) {
        for (long seed = first; seed < first + 8; seed++) {
            forgetLastRun();
            prefetching = true;
            run(PoolFixture.readyToPrefetch(fixed, max), seed, fixed, 1);
            assertThat(fixture.snapshot().wedges()).as("what the watch had to mend").isZero();
        }
        assertThat(taken)
                .as("tasks that persistent workers took by themselves, of %d", ran)
                .isGreaterThan(ran / 3);
    }

    @ParameterizedTest(name = "seed {0}, {1} of at most {2} workers persistent")
    @CsvSource({
        "4001, 1, 1",
        "4002, 2, 2",
        "4003, 1, 4",
        "4004, 0, 3",
        "4005, 3, 5",
        "4006, 4, 4",
        "4007, 2, 9",
        "4008, 2, 9"
    })
    void staysInOrderWhileSomeTasksAreIsolated(long first, int fixed, int max) {
        for (long seed = first; seed < first + 80; seed += 10) {
            forgetLastRun();
            isolating = true;
            prefetching = fixed > 0 && seed % 20 > 9;
            Recycling recycling =
                    new Recycling(0, 0, Duration.ofSeconds(40), Duration.ofMillis(seed % 2 * 300));
            run(
                    prefetching
                            ? PoolFixture.readyToPrefetch(fixed, max)
                            : PoolFixture.starting(fixed, max, recycling),
                    seed,
                    fixed,
                    1);
            assertThat(fixture.snapshot().wedges()).as("what the watch had to mend").isZero();
            assertIsolatedTasksWereAlone();
        }
    }

    private void assertIsolatedTasksWereAlone() {
        int isolated = 0;
        for (FakeChannel worker : fixture.transport.all()) {
            List<String> tasks = worker.tasks();
            if (tasks.stream().anyMatch(PoolStressTest::isIsolated)) {
                isolated++;
                assertThat(tasks).as("tasks of %s", worker).hasSize(1);
            }
        }
        assertThat(isolated).as("isolated tasks that ran").isGreaterThan(STEPS / 400);
    }

    private static boolean isIsolated(String task) {
        return task.startsWith("alone");
    }

    private void forgetLastRun() {
        lanes.clear();
        reloads.clear();
        cancelled.clear();
        submitted = 0;
    }

    /**
     * @param reloadsOfAHundred how many of a hundred steps ask for a reload
     */
    private void run(PoolFixture tried, long seed, int fixed, int reloadsOfAHundred) {
        fixture = tried;
        random = new Random(seed);
        for (int i = 0; i < 3; i++) {
            lanes.add(fixture.pool.newLane());
        }

        for (int step = 0; step < STEPS; step++) {
            if (random.nextInt(100) < reloadsOfAHundred) {
                fixture.pool.reload().subscribe().with(reloads::add);
            }
            String action = step();
            check("after step %d, %s".formatted(step, action));
        }
        lanes.forEach(Lane::release);
        for (int i = 0; i < 100 && !unsettled.isEmpty(); i++) {
            fixture.transport.work();
            fixture.engine.advance(Duration.ofSeconds(1));
            check("while it recovers");
        }

        assertThat(unsettled).as("tasks without an answer").isEmpty();
        assertThat(submitted).isGreaterThan(STEPS / 8);
        assertRecovered(fixed);
        assertStops();
    }

    private String step() {
        int dice = random.nextInt(100);
        if (dice < 25) {
            Lane lane = lanes.get(random.nextInt(lanes.size()));
            int number = submitted++;
            Submission submission =
                    isolating && random.nextInt(3) == 0
                            ? fixture.submitIsolated("alone-" + number, lane)
                            : fixture.submit("task-" + number, lane);
            unsettled.add(submission);
            return "submit of " + submission.id();
        }
        if (dice < 35) {
            return advance();
        }
        if (dice < 38 && !unsettled.isEmpty()) {
            Submission submission = unsettled.get(random.nextInt(unsettled.size()));
            submission.cancel();
            cancelled.add(submission.id());
            return "cancel of " + submission.id();
        }
        if (dice < 41) {
            Lane lane = lanes.get(random.nextInt(lanes.size()));
            lane.hold();
            return "hold of a lane";
        }
        if (dice < 45) {
            lanes.get(random.nextInt(lanes.size())).release();
            return "release of a lane";
        }
        List<FakeChannel> alive = fixture.transport.alive();
        return alive.isEmpty() ? "nothing" : act(alive.get(random.nextInt(alive.size())));
    }

    private String advance() {
        boolean isLong = random.nextInt(10) == 0;
        Duration step =
                prefetching && !fixture.transport.alive().isEmpty()
                        ? Duration.ofMillis(isLong ? 15 : random.nextInt(3))
                        : Duration.ofMillis(isLong ? 20_000 : random.nextInt(40));
        fixture.engine.advance(step);
        return "an advance of " + step;
    }

    private String act(FakeChannel worker) {
        int dice = random.nextInt(100);
        if (worker.isDoomed()) {
            worker.exitAsTold();
            return "end of " + worker;
        }
        if (worker.isStarting()) {
            return start(worker, dice);
        }
        if (prefetching && dice < 80 && dice % 8 == 0) {
            taken += worker.laid().isEmpty() ? 0 : 1;
            worker.take();
            return "take of " + worker;
        }
        if (dice < 80) {
            if (worker.isAsked()) {
                if (worker.name().persistent()) {
                    ran++;
                    taken += worker.laid().isEmpty() ? 0 : 1;
                }
                worker.reply(dice % 2 == 0);
            }
            return "reply of " + worker;
        }
        return misbehave(worker, dice);
    }

    private static String start(FakeChannel worker, int dice) {
        if (dice < 85) {
            worker.ready();
            return "start of " + worker;
        }
        worker.failStart("Parse error");
        return "failed start of " + worker;
    }

    private static String misbehave(FakeChannel worker, int dice) {
        if (dice < 84) {
            worker.exit(255, "Fatal error");
            return "crash of " + worker;
        }
        if (dice < 88) {
            worker.exit(0, "");
            return "exit of " + worker;
        }
        if (dice < 92) {
            worker.exitWithoutReading();
            return "unread exit of " + worker;
        }
        if (dice < 96) {
            worker.send(TestFrames.reply("somebody-else", true));
            return "stray reply of " + worker;
        }
        worker.garbage("wrote garbage");
        return "garbage of " + worker;
    }

    private void check(String when) {
        for (Submission submission : unsettled) {
            submission.checkAnswer(when);
        }
        List<Submission> unread = unsettled.stream().filter(Submission::isUndelivered).toList();
        unread.forEach(submission -> submission.beginAgain(fixture.pool, PoolFixture.TASK_TIMEOUT));
        unsettled.removeIf(Submission::isSettled);
        PoolSnapshot now = fixture.snapshot();
        int alive = fixture.transport.alive().size();
        assertThat(alive)
                .as("processes %s", when)
                .isLessThanOrEqualTo(now.max() + (reloads.isEmpty() && !now.reloading() ? 0 : 1));
        assertThat(now.idle() + now.busy() + now.starting() + now.ending())
                .as("workers of the pool %s", when)
                .isEqualTo(now.workers().size())
                .isEqualTo(alive);

        Set<String> running = new HashSet<>();
        int queued = 0;
        int servable = 0;
        for (Submission submission : unsettled) {
            if (submission.isLeased()) {
                running.add(submission.id());
            } else {
                queued++;
                boolean isTaken = taken().contains(submission.id());
                boolean needsMore = isIsolated(submission.id()); // than that a worker is idle
                servable += submission.lane().isHeld() || isTaken || needsMore ? 0 : 1;
            }
        }
        assertThat(now.queued()).as("queue %s", when).isEqualTo(queued);
        List<String> tasks =
                now.workers().stream()
                        .map(WorkerSnapshot::task)
                        .filter(task -> task != null)
                        .toList();
        assertThat(now.busy()).as("busy workers %s", when).isEqualTo(tasks.size());
        assertThat(tasks.stream().filter(task -> !(prefetching && cancelled.contains(task))))
                .as("tasks of workers %s", when)
                .containsExactlyInAnyOrderElementsOf(running);
        if (now.idle() > 0 && !now.reloading()) {
            assertThat(servable).as("tasks that wait beside idle workers %s", when).isZero();
        }
    }

    private List<String> taken() {
        return fixture.transport.alive().stream().flatMap(w -> w.taken().stream()).toList();
    }

    private void assertRecovered(int fixed) {
        for (int i = 0; i < 40; i++) {
            fixture.transport.work();
            fixture.engine.advance(Duration.ofSeconds(1));
        }
        for (int i = 0; i < 2; i++) {
            fixture.transport.work(); // worn out just now: its replacement needs no more time
        }
        PoolSnapshot now = fixture.snapshot();
        assertThat(now.queued()).isZero();
        assertThat(now.busy()).isZero();
        assertThat(now.workers())
                .filteredOn(worker -> !worker.name().contains("temp"))
                .hasSize(fixed)
                .allMatch(worker -> worker.state().equals("idle"));
    }

    private void assertStops() {
        AtomicInteger empty = new AtomicInteger();
        fixture.pool.stop(empty::incrementAndGet);
        fixture.transport.alive().forEach(FakeChannel::exitAsTold);
        assertThat(empty).hasValue(1);
        fixture.engine.advance(Duration.ofMinutes(2));
        assertThat(fixture.engine.pendingTimers()).isZero();
        assertThat(fixture.transport.alive()).isEmpty();
    }
}
