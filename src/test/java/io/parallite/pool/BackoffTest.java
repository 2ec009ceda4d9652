package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class BackoffTest {

    @Test
    void doublesFromOneSecondToThirty() {
        Backoff backoff = new Backoff(unjittered());

        for (int seconds : new int[] {1, 2, 4, 8, 16, 30, 30, 30}) {
            assertThat(backoff.next()).hasSeconds(seconds);
        }
    }

    @Test
    void staysAtThirtySecondsForever() {
        Backoff backoff = new Backoff(unjittered());
        for (int i = 0; i < 1000; i++) {
            backoff.next();
        }

        assertThat(backoff.next()).hasSeconds(30);
    }

    @Test
    void beginsAgainAfterReset() {
        Backoff backoff = new Backoff(unjittered());
        backoff.next();
        backoff.next();

        backoff.reset();

        assertThat(backoff.next()).hasSeconds(1);
    }

    @RepeatedTest(20)
    void stretchesByAtMostAFifth(RepetitionInfo repetition) {
        Backoff backoff = new Backoff(new Random(repetition.getCurrentRepetition()));

        for (long millis : new long[] {1000, 2000, 4000, 8000, 16_000, 30_000}) {
            long longest = Math.min(millis * 6 / 5, 30_000);
            assertThat(backoff.next())
                    .isBetween(Duration.ofMillis(millis), Duration.ofMillis(longest));
        }
    }

    @Test
    void doesNotStartAPoolInStep() {
        Random random = new Random(1);

        assertThat(new Backoff(random).next()).isNotEqualTo(new Backoff(random).next());
    }

    private static RandomGenerator unjittered() {
        return () -> 0;
    }
}
