package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import io.parallite.process.WorkerName;
import io.parallite.process.WorkerStartException;
import io.parallite.worker.EndReason;
import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class RestartPolicyTest {

    private static final WorkerStartException WHY = new WorkerStartException("it did not start");

    private final ManualEngine engine = new ManualEngine();
    private final WorkerName slot = WorkerName.persistent("work", 1);

    @Test
    void doublesDelayFromOneSecondToThirty() {
        RestartPolicy policy = policy(unjittered());

        for (int seconds : new int[] {1, 2, 4, 8, 16, 30, 30, 30}) {
            assertThat(policy.onStartFailed(slot, WHY)).hasSeconds(seconds);
        }
    }

    @Test
    void staysAtThirtySecondsForever() {
        RestartPolicy policy = policy(unjittered());
        for (int i = 0; i < 1000; i++) {
            policy.onStartFailed(slot, WHY);
        }

        assertThat(policy.onStartFailed(slot, WHY)).hasSeconds(30);
    }

    @Test
    void delaysOnlyAfterFaults() {
        RestartPolicy policy = policy(unjittered());

        for (EndReason reason : EndReason.values()) {
            WorkerName other = WorkerName.persistent("work", 2 + reason.ordinal());
            assertThat(policy.delay(other, reason)).hasSeconds(reason.isFault() ? 1 : 0);
        }
    }

    @Test
    void countsOnDemandWorkersByThemselves() {
        RestartPolicy policy = policy(unjittered());
        policy.onStartFailed(slot, WHY);
        policy.onStartFailed(slot, WHY);

        assertThat(policy.onStartFailed(WorkerName.onDemand("work", 1, false), WHY)).hasSeconds(1);
    }

    @RepeatedTest(20)
    void stretchesByAtMostAFifth(RepetitionInfo repetition) {
        RestartPolicy policy = policy(new Random(repetition.getCurrentRepetition()));

        for (long millis : new long[] {1000, 2000, 4000, 8000, 16_000, 30_000}) {
            long longest = Math.min(millis * 6 / 5, 30_000);
            assertThat(policy.onStartFailed(slot, WHY).toMillis())
                    .isGreaterThanOrEqualTo(millis)
                    .isLessThanOrEqualTo(longest);
        }
    }

    @Test
    void doesNotStartAPoolInStep() {
        RestartPolicy policy = policy(new Random(1));

        assertThat(policy.onStartFailed(slot, WHY))
                .isNotEqualTo(policy.onStartFailed(WorkerName.persistent("work", 2), WHY));
    }

    @Test
    void pausesUntilTheDelayIsOver() {
        int[] over = new int[1];
        RestartPolicy policy = new RestartPolicy(engine, unjittered(), () -> over[0]++);

        policy.onStartFailed(slot, WHY);

        assertThat(policy.pause()).isSameAs(WHY);
        engine.advance(Duration.ofSeconds(1));
        assertThat(policy.pause()).isNull();
        assertThat(over[0]).isOne();
        assertThat(policy.lastFailure()).isEqualTo("it did not start");
    }

    @Test
    void believesAStartThatWasKilledOnlyTheSecondTime() {
        RestartPolicy policy = policy(unjittered());
        WorkerStartException again = killed();

        policy.onStartFailed(slot, killed());
        assertThat(policy.pause()).isNull();

        policy.onStartFailed(slot, again);
        assertThat(policy.pause()).isSameAs(again);
    }

    @Test
    void takesTheEndOfATemplateForOneFailureOfAllThatWaitForIt() {
        RestartPolicy policy = policy(unjittered());
        WorkerStartException first = killed();
        for (int number = 1; number <= 3; number++) {
            policy.onStartFailed(WorkerName.persistent("work", number), first);
            assertThat(policy.onStartFailed(WorkerName.onDemand("work", number, false), first))
                    .hasSeconds(1);
        }
        assertThat(policy.pause()).isNull();

        assertThat(policy.onStartFailed(WorkerName.onDemand("work", 9, false), killed()))
                .hasSeconds(2);
        assertThat(policy.pause()).isNotNull();
    }

    private static WorkerStartException killed() {
        return new WorkerStartException("it was killed", true);
    }

    private RestartPolicy policy(RandomGenerator random) {
        return new RestartPolicy(engine, random, () -> {});
    }

    private static RandomGenerator unjittered() {
        return () -> 0;
    }
}
