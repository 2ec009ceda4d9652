package io.parallite.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.dispatch.DispatchFixture.Answer;
import io.parallite.pool.FakeChannel;
import io.parallite.task.FailureKind;
import io.parallite.task.TaskId;
import io.parallite.task.TaskResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that submit, repeat, await and cancel the same few tasks at random while workers die: in
 * the end everybody who asked has got exactly one answer, and no task a worker has read ran twice.
 */
class DispatcherStressTest {

    private static final int STEPS = 3000;
    private static final Logger WORKER_LOG = Logger.getLogger("io.parallite.worker");

    private record Asked(String id, Answer answer) {}

    private final DispatchFixture fixture = new DispatchFixture(3);
    private final List<Asked> asked = new ArrayList<>();
    private final List<String> read = new ArrayList<>();
    private int newest;

    @BeforeAll
    static void keepTheLogShort() {
        WORKER_LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void logAgain() {
        WORKER_LOG.setLevel(null);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void answersEverybodyOnce(long seed) {
        Random random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            step(random);
            asked.forEach(one -> assertThat(one.answer().count()).isLessThanOrEqualTo(1));
            asked.removeIf(one -> one.answer().isThere() && isPlausible(one));
        }
        for (int i = 0; i < 200 && fixture.dispatcher.snapshot().inFlight() > 0; i++) {
            fixture.transport.work();
            fixture.advance(Duration.ofSeconds(1));
        }

        assertThat(asked).filteredOn(one -> !one.answer().isThere()).isEmpty();
        assertThat(fixture.dispatcher.snapshot().inFlight()).isZero();
        assertThat(fixture.dispatcher.pools().snapshot().queued()).isZero();
        assertThat(fixture.dispatcher.pools().snapshot().busy()).isZero();
        assertThat(newest).isGreaterThan(100);
        assertThat(read).as("tasks that workers have read").doesNotHaveDuplicates();
        AtomicInteger drained = new AtomicInteger();
        fixture.dispatcher.drain(drained::incrementAndGet);
        assertThat(drained).hasValue(1);
    }

    private void step(Random random) {
        int dice = random.nextInt(100);
        if (dice < 30) {
            newest += random.nextInt(3) == 0 ? 1 : 0;
            String id = recent(random);
            long fingerprint = random.nextInt(20) == 0 ? 2 : 1;
            ask(id, fixture.submit(DispatchFixture.task(id, fingerprint, null)));
        } else if (dice < 37) {
            String id = recent(random);
            fixture.dispatcher
                    .tasks()
                    .await(new TaskId(id))
                    .ifPresent(result -> ask(id, DispatchFixture.listen(result)));
        } else if (dice < 41) {
            TaskId id = new TaskId(recent(random));
            boolean wasThere =
                    fixture.dispatcher
                            .tasks()
                            .status(id)
                            .filter(status -> status.finishedAt() == 0)
                            .isPresent();
            assertThat(fixture.dispatcher.cancel(id)).isEqualTo(wasThere);
        } else if (dice < 55) {
            fixture.advance(Duration.ofMillis(random.nextInt(20) == 0 ? 15_000 : 20));
        } else {
            List<FakeChannel> alive = fixture.transport.alive();
            if (!alive.isEmpty()) {
                act(alive.get(random.nextInt(alive.size())), random.nextInt(100));
            }
        }
    }

    private void act(FakeChannel worker, int dice) {
        boolean leavesUnread = !worker.isDoomed() && dice >= 10 && dice < 20;
        boolean isKilledNext = !worker.isDoomed() && dice >= 20 && dice < 23;
        if (worker.isAsked() && !leavesUnread && !isKilledNext) {
            read.add(worker.lastTask());
        }
        if (worker.isDoomed()) {
            worker.exitAsTold();
        } else if (worker.isStarting()) {
            worker.ready();
        } else if (dice < 10) {
            worker.exit(dice < 5 ? 139 : 255, "");
        } else if (leavesUnread) {
            worker.exitWithoutReading();
        } else if (isKilledNext) {
            worker.garbage("wrote garbage");
        } else if (worker.isAsked()) {
            worker.reply(dice % 3 > 0);
        }
    }

    private String recent(Random random) {
        return "task-" + Math.max(0, newest - random.nextInt(8));
    }

    private void ask(String id, Answer answer) {
        asked.add(new Asked(id, answer));
    }

    /** A defect of the daemon is no answer. */
    private static boolean isPlausible(Asked one) {
        if (one.answer().result() instanceof TaskResult.Failed(FailureKind kind, String message)) {
            assertThat(kind).as("%s: %s", one.id(), message).isNotEqualTo(FailureKind.INTERNAL);
        }
        return true;
    }
}
