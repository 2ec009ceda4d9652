package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.task.FailureKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code isolation=task}: each task has a worker of its own, and does not wait for its start. */
class IsolationTest {

    private static final String WORDS = "PHP Parse error: syntax error on line 3";

    @Test
    void keepsWorkersReadyBeforeTheFirstTask() {
        PoolFixture fixture = PoolFixture.isolating(3, 8);

        assertThat(fixture.transport.alive()).hasSize(3);
    }

    @Test
    void givesNoWorkerASecondTask() {
        PoolFixture fixture = PoolFixture.isolating(2, 4);
        fixture.transport.readyAll();
        Set<String> used = new HashSet<>();

        for (int i = 0; i < 20; i++) {
            Submission task = fixture.submit("task-" + i);
            FakeChannel worker = runs(fixture, task);
            assertThat(used.add(worker.name().value())).as(worker.toString()).isTrue();
            worker.reply();
            assertThat(worker.isDoomed()).isTrue();
            worker.exitAsTold();
            fixture.transport.readyAll();
        }
    }

    @Test
    void replacesWorkersThatAreTakenBeforeTheyEnd() {
        PoolFixture fixture = PoolFixture.isolating(2, 8);
        fixture.transport.readyAll();

        fixture.submit("a");
        fixture.submit("b");

        assertThat(fixture.transport.alive()).hasSize(4);
    }

    @Test
    void isAtFullNumberAgainAMomentAfterOneWasTaken() {
        PoolFixture fixture = PoolFixture.isolating(4, 8);
        fixture.transport.readyAll();

        fixture.submit("a");
        assertThat(fixture.transport.alive()).as("at once").hasSize(4);
        fixture.advanceMillis(100);

        assertThat(fixture.transport.alive()).hasSize(5);
    }

    @Test
    void startsNoMoreThanMaxWorkersAndServesAllInTheEnd() {
        PoolFixture fixture = PoolFixture.isolating(2, 3);
        fixture.transport.readyAll();
        List<Submission> tasks = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            tasks.add(fixture.submit("task-" + i));
        }

        for (int round = 0; round < 20; round++) {
            assertThat(fixture.transport.alive()).hasSizeLessThanOrEqualTo(3);
            fixture.transport.readyAll();
            for (Submission task : tasks) {
                if (task.isLeased() && !task.isAnswered()) {
                    FakeChannel worker = runs(fixture, task);
                    worker.reply();
                    worker.exitAsTold();
                }
            }
        }

        assertThat(tasks).allMatch(Submission::isReplied);
    }

    @Test
    void refusesTasksWhenNoneStarts() {
        PoolFixture fixture = PoolFixture.isolating(2, 4);
        Submission task = fixture.submit("a");

        for (FakeChannel worker : fixture.transport.alive()) {
            worker.failStart(WORDS);
        }

        assertThat(task.failureKind()).isEqualTo(FailureKind.WORKER_START_FAILED);
        assertThat(fixture.transport.alive()).isEmpty();
        fixture.advanceMillis(6000);
        assertThat(fixture.transport.alive()).as("tried again").isNotEmpty();
    }

    @Test
    void doesNotStartHotlyWorkersThatLeaveBeforeTheyHaveATask() {
        PoolFixture fixture = PoolFixture.isolating(1, 4);

        for (int i = 0; i < 3000; i++) {
            fixture.advanceMillis(10);
            for (FakeChannel worker : fixture.transport.alive()) {
                worker.ready();
                worker.exit(1, WORDS);
            }
        }

        assertThat(fixture.transport.all()).as("starts in 30 s").hasSizeLessThanOrEqualTo(8);
    }

    @Test
    void endsWorkersThatAreTooManyAfterAPeak() {
        PoolFixture fixture = PoolFixture.isolating(1, 8);
        fixture.transport.readyAll();
        for (int i = 0; i < 6; i++) {
            fixture.submit("task-" + i);
        }
        List<Submission> tasks = List.copyOf(fixture.submissions);
        tasks.forEach(Submission::cancel);
        fixture.transport.readyAll();

        fixture.advanceMillis(2 * FreshGrowth.SURPLUS_LOOK.toMillis());

        assertThat(fixture.transport.alive().stream().filter(worker -> !worker.isDoomed()))
                .hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void keepsMoreReadyWhereTasksComeQuickly() {
        assertThat(mostReadyWhileTasksComeQuickly(Long.MAX_VALUE)).isGreaterThan(1);
    }

    @Test
    void keepsNoMoreReadyThanThereIsMemoryFor() {
        assertThat(mostReadyWhileTasksComeQuickly(0)).isEqualTo(1);
    }

    private static int mostReadyWhileTasksComeQuickly(long readyMemory) {
        PoolFixture fixture = PoolFixture.isolating(1, 16, readyMemory);
        fixture.transport.readyAll();
        int most = 0;
        for (int i = 0; i < 40; i++) {
            Submission task = fixture.submit("task-" + i);
            fixture.advanceMillis(30);
            fixture.transport.readyAll();
            FakeChannel worker = runs(fixture, task);
            worker.reply();
            worker.exitAsTold();
            most = Math.max(most, fixture.pool.workers.idle.fresh());
        }
        return most;
    }

    private static FakeChannel runs(PoolFixture fixture, Submission task) {
        return fixture.worker(task.worker());
    }
}
