package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.parallite.worker.Recycling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Replacing all workers by new ones: nothing is lost, and nothing happens when the new code fails.
 */
class ReloadTest {

    private final List<ReloadOutcome> outcomes = new ArrayList<>();

    @Test
    void replacesIdleWorkersOnceACanaryHasBooted() {
        PoolFixture fixture = PoolFixture.ready(3, 8);

        reload(fixture);

        assertThat(versions(fixture)).containsExactly(0, 0, 0, 1);
        assertThat(fixture.snapshot().reloading()).isTrue();
        fixture.transport.work();
        fixture.transport.work();
        fixture.transport.work();
        assertThat(done().replaced()).isEqualTo(3);
        fixture.transport.work();
        assertThat(versions(fixture)).containsExactly(1, 1, 1);
        assertThat(names(fixture)).containsExactlyInAnyOrder("work-1", "work-2", "work-3");
        assertThat(fixture.snapshot().reloading()).isFalse();
        assertThat(fixture.snapshot().restartsByReason()).containsEntry("reload", 3L);
    }

    /** A worker near its limit of tasks has a successor already, and fills no slot any longer. */
    @Test
    void retiresOldWorkersThatFillNoSlot() {
        PoolFixture fixture =
                PoolFixture.starting(1, 4, new Recycling(200, 0, Duration.ZERO, Duration.ZERO));
        fixture.transport.readyAll();
        for (int i = 0; i < 100; i++) {
            fixture.submit("quick-" + i);
            fixture.transport.work();
        }
        assertThat(fixture.transport.alive()).as("it and its successor").hasSize(2);

        reload(fixture);
        for (int i = 0; i < 5; i++) {
            fixture.transport.work();
        }

        assertThat(done().replaced()).isEqualTo(1);
        assertThat(versions(fixture)).containsExactly(1);
    }

    @Test
    void tellsHowLongItTook() {
        PoolFixture fixture = PoolFixture.ready(1, 1);

        reload(fixture);
        fixture.advanceMillis(70);
        fixture.transport.work();

        assertThat(done())
                .isEqualTo(new ReloadOutcome.Done(1, Duration.ofMillis(70), List.of(), List.of()));
    }

    @Test
    void settingsCountOnceTheCanaryHasBooted() {
        PoolFixture fixture = PoolFixture.ready(1, 4);
        List<Integer> alive = new ArrayList<>();
        fixture.pool.onReconfigured(update -> alive.add(fixture.transport.alive().size()));

        reload(fixture);
        assertThat(alive).isEmpty();
        fixture.transport.work();

        assertThat(alive).containsExactly(2);
    }

    @Test
    void settingsStayWhenTheCanaryDoesNotBoot() {
        PoolFixture fixture = PoolFixture.ready(1, 4);
        fixture.pool.onReconfigured(update -> fail("they were adopted"));

        reload(fixture);
        fixture.transport.last().failStart("PHP Parse error: line 3");

        assertThat(failed().explanation()).contains("PHP Parse error: line 3");
    }

    @ParameterizedTest
    @CsvSource({"2, 5", "5, 2", "0, 3", "3, 0", "3, 3"})
    void hasAsManyWorkersAsTheSettingsSayThatItHasRead(int before, int after) {
        PoolFixture fixture = PoolFixture.ready(before, 8);
        fixture.pool.onReconfigured(update -> fixture.pool.configure(settings(after, 8)));

        reload(fixture);
        workAWhile(fixture);

        assertThat(done().replaced()).isEqualTo(after);
        assertThat(versions(fixture)).hasSize(after).allMatch(version -> version == 1);
        assertThat(fixture.snapshot().fixed()).isEqualTo(after);
        assertThat(fixture.snapshot().idle()).isEqualTo(after);
    }

    /** What an operator has scaled by hand is not undone by a file that has not changed. */
    @Test
    void leavesTheNumberOfWorkersThatWasSetByHand() {
        PoolFixture fixture = PoolFixture.ready(2, 8);
        fixture.pool.onReconfigured(update -> fixture.pool.configure(settings(2, 8)));
        fixture.pool.scale(4);
        fixture.transport.readyAll();

        reload(fixture);
        workAWhile(fixture);

        assertThat(done().replaced()).isEqualTo(4);
        assertThat(fixture.snapshot().fixed()).isEqualTo(4);
    }

    private static void workAWhile(PoolFixture fixture) {
        for (int i = 0; i < 20; i++) {
            fixture.transport.work();
        }
    }

    private static PoolSettings settings(int fixed, int max) {
        return new PoolSettings(fixed, max, "work", 10, Duration.ofDays(1));
    }

    @Test
    void keepsWorkersWhenTheCanaryDoesNotBoot() {
        PoolFixture fixture = PoolFixture.ready(2, 2);

        reload(fixture);
        fixture.transport.last().failStart("PHP Parse error: line 3");

        assertThat(failed().explanation()).contains("PHP Parse error: line 3");
        assertThat(versions(fixture)).containsExactly(0, 0);
        assertThat(fixture.transport.alive()).noneMatch(FakeChannel::isDoomed);
        assertThat(fixture.snapshot().restarts()).isZero();
        assertThat(fixture.startFailure()).isNull();
        Submission after = fixture.submit("after");
        fixture.transport.work();
        assertThat(after.isReplied()).isTrue();
    }

    @Test
    void workersThatEndAfterAFailedReloadAreStartedFromWhatWasThereBefore() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        reload(fixture);
        fixture.transport.last().failStart("PHP Parse error: line 3");

        fixture.submit("late");
        fixture.engine.advance(PoolFixture.TASK_TIMEOUT);
        fixture.worker("work-1").exitAsTold();

        assertThat(versions(fixture)).containsExactly(0);
    }

    @Test
    void tellsThatThereIsNothingToStartWorkersFrom() {
        PoolFixture fixture = PoolFixture.ready(1, 1);
        fixture.transport.findNothing("no worker script found");

        reload(fixture);

        assertThat(failed().explanation()).isEqualTo("no worker script found");
        assertThat(fixture.transport.all()).hasSize(1);
    }

    @Test
    void busyWorkersFinishTheirTasks() {
        PoolFixture fixture = PoolFixture.ready(2, 8);
        Submission first = fixture.submit("first");
        Submission second = fixture.submit("second");

        reload(fixture);
        for (int i = 0; i < 4; i++) {
            fixture.transport.readyAll();
        }

        assertThat(done().replaced()).as("new tasks meet new code").isEqualTo(2);
        assertThat(versions(fixture)).containsExactly(0, 0, 1, 1);
        Submission after = fixture.submit("after");
        assertThat(fixture.transport.all().subList(2, 4)).anyMatch(FakeChannel::isAsked);
        fixture.transport.work();
        assertThat(first.isReplied() && second.isReplied() && after.isReplied()).isTrue();
        fixture.transport.work();
        assertThat(versions(fixture)).containsExactly(1, 1);
    }

    @Test
    void neverHasMoreThanOneProcessAboveTheMaximum() {
        PoolFixture fixture = PoolFixture.ready(3, 3);
        List<Submission> running = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            running.add(fixture.submit("task-" + i));
        }

        reload(fixture);
        fixture.transport.readyAll();
        assertThat(versions(fixture)).as("all old ones are busy").containsExactly(0, 0, 0, 1);

        for (int i = 0; i < 10; i++) {
            fixture.transport.alive().stream()
                    .filter(FakeChannel::isAsked)
                    .findFirst()
                    .ifPresent(FakeChannel::reply);
            assertThat(fixture.transport.alive()).hasSizeLessThanOrEqualTo(4);
            fixture.transport.work();
            assertThat(fixture.transport.alive()).hasSizeLessThanOrEqualTo(4);
        }

        assertThat(running).allMatch(Submission::isReplied);
        assertThat(done().replaced()).isEqualTo(3);
        assertThat(versions(fixture)).containsExactly(1, 1, 1);
    }

    @Test
    void underLoadWorkersThatComeFreeDoNotAllLeaveAtOnce() {
        PoolFixture fixture = PoolFixture.ready(4, 4);
        for (int i = 0; i < 8; i++) {
            fixture.submit("task-" + i);
        }
        reload(fixture);
        fixture.transport.readyAll();

        List.copyOf(fixture.transport.alive()).stream()
                .filter(FakeChannel::isAsked)
                .forEach(FakeChannel::reply);

        assertThat(fixture.snapshot().busy()).as("of four slots").isGreaterThanOrEqualTo(3);
        for (int i = 0; i < 12; i++) {
            fixture.transport.work();
        }
        assertThat(fixture.submissions).allMatch(Submission::isReplied);
        assertThat(done().replaced()).isEqualTo(4);
    }

    @Test
    void oldWorkerServesUntilItsSuccessorIsReady() {
        PoolFixture fixture = PoolFixture.ready(2, 2);
        reload(fixture);
        fixture.transport.last().ready();
        fixture.worker("work-1").exitAsTold();

        Submission a = fixture.submit("a");
        Submission b = fixture.submit("b");

        assertThat(a.isLeased() && b.isLeased()).as("on the new and the old one").isTrue();
        assertThat(versions(fixture)).containsExactly(0, 1, 1);
    }

    @Test
    void secondReloadJoinsTheFirst() {
        PoolFixture fixture = PoolFixture.ready(1, 1);

        reload(fixture);
        reload(fixture);
        fixture.transport.work();

        assertThat(outcomes).hasSize(2).containsOnly(outcomes.getFirst());
        assertThat(fixture.transport.all()).hasSize(2);
        reload(fixture);
        fixture.transport.work();
        fixture.transport.work();
        assertThat(outcomes).as("one after the other is another").hasSize(3);
        assertThat(versions(fixture)).containsExactly(2);
    }

    @Test
    void healsWorkersThatCouldNotStart() {
        PoolFixture fixture = PoolFixture.starting(2, 2);
        fixture.worker("work-1").failStart("PHP Parse error");
        fixture.worker("work-2").failStart("PHP Parse error");
        assertThat(fixture.transport.alive()).isEmpty();

        reload(fixture);
        fixture.transport.work();
        fixture.transport.work();

        assertThat(done().replaced()).as("without waiting for their delay").isEqualTo(2);
        assertThat(fixture.startFailure()).isNull();
        assertThat(names(fixture)).containsExactlyInAnyOrder("work-1", "work-2");
    }

    @Test
    void tellsHowFarItCameWhenALaterWorkerDoesNotBoot() {
        PoolFixture fixture = PoolFixture.ready(3, 8);
        reload(fixture);
        fixture.transport.last().ready();

        fixture.transport.last().failStart("no memory");

        assertThat(failed().explanation()).contains("1 of 3 workers", "no memory");
        assertThat(fixture.snapshot().idle()).as("the others stay").isEqualTo(3);
        fixture.worker("work-1").exitAsTold();
        assertThat(versions(fixture)).containsExactly(0, 0, 1);
    }

    @Test
    void triesNewCodeOnAnOnDemandWorkerWhereThereIsNoOther() {
        PoolFixture fixture = PoolFixture.starting(0, 2);

        reload(fixture);
        fixture.transport.work();

        assertThat(done().replaced()).isZero();
        assertThat(fixture.transport.alive()).allMatch(FakeChannel::isDoomed);
        fixture.submit("after");
        assertThat(fixture.transport.last().version()).isEqualTo(1);
    }

    @Test
    void workerThatDoesNotSayWhenItIsReadyMustStayAliveToBeBelievedIn() {
        PoolFixture fixture = PoolFixture.startingWithoutHello(1, 1);
        fixture.transport.readyAll();
        fixture.submit("warm-up");
        fixture.transport.work();

        reload(fixture);
        FakeChannel canary = fixture.transport.last();
        canary.ready();
        fixture.engine.advance(RestartPolicy.PROBATION.minusMillis(1));
        fixture.submit("task");
        assertThat(canary.isAsked()).as("it is not believed in yet").isFalse();
        canary.exit(255, "PHP Parse error");

        assertThat(failed().explanation()).contains("work-1", "PHP Parse error");
        assertThat(versions(fixture)).containsExactly(0);

        reload(fixture);
        fixture.transport.last().ready();
        fixture.engine.advance(RestartPolicy.PROBATION);
        assertThat(outcomes.getLast()).isInstanceOf(ReloadOutcome.Done.class);
    }

    @Test
    void endsWhenTheDaemonStops() {
        PoolFixture fixture = PoolFixture.ready(2, 2);
        reload(fixture);

        fixture.pool.drain();
        reload(fixture);

        assertThat(outcomes)
                .hasSize(2)
                .allMatch(o -> o.equals(new ReloadOutcome.Failed("the daemon is stopping")));
        fixture.transport.work();
        assertThat(fixture.transport.alive()).isEmpty();
        assertThat(fixture.engine.pendingTimers()).isZero();
    }

    private void reload(PoolFixture fixture) {
        fixture.pool.reload().subscribe().with(outcomes::add);
    }

    private ReloadOutcome.Done done() {
        assertThat(outcomes).isNotEmpty();
        assertThat(outcomes.getFirst()).isInstanceOf(ReloadOutcome.Done.class);
        return (ReloadOutcome.Done) outcomes.getFirst();
    }

    private ReloadOutcome.Failed failed() {
        assertThat(outcomes).isNotEmpty();
        assertThat(outcomes.getFirst()).isInstanceOf(ReloadOutcome.Failed.class);
        return (ReloadOutcome.Failed) outcomes.getFirst();
    }

    private static List<Integer> versions(PoolFixture fixture) {
        return fixture.transport.alive().stream().map(FakeChannel::version).toList();
    }

    private static List<String> names(PoolFixture fixture) {
        return fixture.transport.alive().stream().map(worker -> worker.name().value()).toList();
    }
}
