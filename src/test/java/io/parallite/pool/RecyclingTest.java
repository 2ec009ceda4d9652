package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.wire.TestFrames;
import io.parallite.worker.Recycling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Workers that could go on and are replaced: by tasks, age, and on-demand ones by idleness. */
class RecyclingTest {

    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    void replacesWorkerAfterItsLastTask() {
        PoolFixture fixture = ready(1, 1, maxTasks(3));
        FakeChannel first = fixture.transport.last();

        List<Submission> tasks = run(fixture, 3);

        assertThat(tasks).allMatch(Submission::isReplied);
        assertThat(first.written()).hasSize(3);
        assertThat(first.wasToldToEnd()).isTrue();
        first.exitAsTold();
        assertThat(fixture.transport.last()).isNotSameAs(first);
        assertThat(fixture.snapshot().restartsByReason()).containsEntry("recycled_tasks", 1L);
    }

    @Test
    void successorBootsWhileTheLastTaskRuns() {
        PoolFixture fixture = ready(1, 2, maxTasks(3));
        FakeChannel first = fixture.transport.last();
        run(fixture, 2);
        assertThat(fixture.transport.all()).hasSize(1);

        Submission last = fixture.submit("last");
        Submission next = fixture.submit("next");
        assertThat(fixture.transport.alive()).hasSize(2);
        fixture.transport.last().ready();

        assertThat(next.worker()).isEqualTo("work-1");
        assertThat(next.isLeased()).as("while the old one runs its last").isTrue();
        first.reply();
        assertThat(last.isReplied()).isTrue();
        first.exitAsTold();
        assertThat(fixture.transport.alive()).as("no third").hasSize(1);
        assertThat(fixture.snapshot().restartsByReason()).containsEntry("recycled_tasks", 1L);
    }

    @Test
    void successorOfABusyWorkerBootsAheadOfItsLastTask() {
        PoolFixture fixture = ready(1, 2, maxTasks(1000));
        fixture.advanceMillis(1);
        for (int i = 0; i < 1000 && fixture.transport.all().size() == 1; i++) {
            fixture.submit("task-" + i);
            fixture.advanceMillis(1);
            fixture.transport.alive().getFirst().reply();
        }

        FakeChannel first = fixture.transport.all().getFirst();
        assertThat(first.written().size())
                .as("a start takes 10 ms, a task 1 ms")
                .isBetween(960, 999);
        fixture.transport.last().ready();
        assertThat(first.isDoomed()).as("its limit is exact").isFalse();
    }

    @Test
    void successorThatDoesNotBootLeavesTheOldOneAtWork() {
        PoolFixture fixture = ready(1, 2, ttl(HOUR));
        fixture.engine.advance(HOUR);

        fixture.transport.last().failStart("PHP Parse error");

        assertThat(fixture.snapshot().idle()).isEqualTo(1);
        Submission task = fixture.submit("task");
        fixture.transport.work();
        assertThat(task.isReplied()).isTrue();
        fixture.engine.advance(Duration.ofSeconds(31));
        assertThat(fixture.snapshot().starting()).as("tried again later").isEqualTo(1);
    }

    @Test
    void replacesOldWorkersOneAfterTheOther() {
        PoolFixture fixture = ready(4, 8, ttl(HOUR));

        fixture.engine.advance(HOUR.multipliedBy(8).dividedBy(10).minusMillis(1));
        assertThat(fixture.transport.all()).as("none before four fifths").hasSize(4);
        Set<Integer> seen = new HashSet<>();
        for (int minute = 0; minute < 13; minute++) {
            fixture.engine.advance(Duration.ofMinutes(1));
            seen.add(fixture.transport.all().size());
        }

        assertThat(fixture.transport.all()).as("all are due").hasSize(8);
        assertThat(seen).as("they are not due at once").hasSizeGreaterThan(2);
        fixture.transport.work();
        fixture.transport.work();
        assertThat(fixture.transport.alive()).hasSize(4);
        assertThat(fixture.snapshot().restartsByReason()).containsEntry("recycled_ttl", 4L);
    }

    @Test
    void oldWorkerFinishesItsTask() {
        PoolFixture fixture = ready(1, 1, ttl(Duration.ofSeconds(1)));
        Submission running = fixture.submit("running");

        fixture.advanceMillis(1500);
        assertThat(fixture.transport.last().isDoomed()).isFalse();
        fixture.transport.last().reply();

        assertThat(running.isReplied()).isTrue();
        assertThat(fixture.transport.last().wasToldToEnd()).isTrue();
        fixture.transport.last().exitAsTold();
        assertThat(fixture.transport.alive()).hasSize(1);
    }

    @Test
    void onDemandWorkerStaysForFurtherTasks() {
        PoolFixture fixture = PoolFixture.starting(0, 4, idle(Duration.ofSeconds(10)));

        for (int i = 0; i < 5; i++) {
            Submission task = fixture.submit("task-" + i);
            fixture.transport.work();
            assertThat(task.isReplied()).isTrue();
            fixture.advanceMillis(9_000);
        }

        assertThat(fixture.transport.all()).hasSize(1);
        fixture.advanceMillis(1_000);
        assertThat(fixture.transport.last().wasToldToEnd()).isTrue();
        fixture.transport.last().exitAsTold();
        assertThat(fixture.snapshot().workers()).isEmpty();
        assertThat(fixture.snapshot().restarts()).isZero();
    }

    @Test
    void persistentWorkersAreTakenBeforeOnDemandOnes() {
        PoolFixture fixture = ready(1, 4, idle(Duration.ofSeconds(10)));
        fixture.submit("a");
        fixture.submit("b");
        fixture.advanceMillis(20);
        fixture.transport.work();
        fixture.transport.work();
        assertThat(fixture.snapshot().idle()).isEqualTo(2);

        Submission next = fixture.submit("next");

        assertThat(next.worker()).isEqualTo("work-1");
    }

    @Test
    void idleOnDemandWorkersEndOneByOneAsTheyHaveWaitedLongEnough() {
        PoolFixture fixture = PoolFixture.starting(0, 4, idle(Duration.ofSeconds(10)));
        fixture.submit("a");
        fixture.transport.work();
        fixture.transport.work();
        fixture.advanceMillis(1);
        fixture.submit("b");
        fixture.submit("c");
        fixture.advanceMillis(50);
        fixture.transport.readyAll();
        fixture.advanceMillis(5_000);
        fixture.transport.work();
        assertThat(fixture.snapshot().idle()).isEqualTo(2);
        fixture.submit("d");
        fixture.advanceMillis(4_000);
        fixture.transport.work();

        fixture.advanceMillis(6_000);
        assertThat(fixture.transport.alive().stream().filter(FakeChannel::isDoomed)).hasSize(1);
        fixture.advanceMillis(4_000);
        assertThat(fixture.transport.alive()).allMatch(FakeChannel::isDoomed);
    }

    @Test
    void announcedEndsAreCountedByWhatTheyAreFor() {
        PoolFixture memory = ready(1, 1, new Recycling(0, 1 << 20, Duration.ZERO, Duration.ZERO));
        announceEnd(memory, true);
        PoolFixture exits = ready(1, 1, new Recycling(0, 1 << 20, Duration.ZERO, Duration.ZERO));
        announceEnd(exits, false);

        assertThat(memory.snapshot().restartsByReason()).containsEntry("recycled_memory", 1L);
        assertThat(exits.snapshot().restartsByReason()).containsEntry("exited", 1L);
    }

    private static void announceEnd(PoolFixture fixture, boolean ok) {
        fixture.submit("a");
        FakeChannel worker = fixture.transport.last();
        worker.send(TestFrames.json("{'task_id':'a','ok':%b,'worker_ends':true}".formatted(ok)));
        worker.exit(0, "");
    }

    @Test
    void recycledWorkersKeepNoTimers() {
        PoolFixture fixture = ready(2, 4, ttl(HOUR));
        fixture.engine.advance(HOUR);
        fixture.transport.work();
        fixture.transport.work();

        fixture.pool.stop(() -> {});
        fixture.transport.work();

        assertThat(fixture.transport.alive()).isEmpty();
        assertThat(fixture.engine.pendingTimers()).isZero();
    }

    private static PoolFixture ready(int fixed, int max, Recycling recycling) {
        PoolFixture fixture = PoolFixture.starting(fixed, max, recycling);
        fixture.transport.readyAll();
        return fixture;
    }

    private static List<Submission> run(PoolFixture fixture, int tasks) {
        List<Submission> all = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            all.add(fixture.submit("run-" + i));
            fixture.transport.last().reply();
        }
        return all;
    }

    private static Recycling maxTasks(int tasks) {
        return new Recycling(tasks, 0, Duration.ZERO, Duration.ZERO);
    }

    private static Recycling ttl(Duration age) {
        return new Recycling(0, 0, age, Duration.ZERO);
    }

    private static Recycling idle(Duration idle) {
        return new Recycling(0, 0, Duration.ZERO, idle);
    }
}
