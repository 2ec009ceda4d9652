package io.parallite.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {

    private final ManualEngine engine = new ManualEngine();
    private int expired;
    private final Deadline deadline = new Deadline(engine, () -> expired++);

    @Test
    void expiresOnceWhenItIsDue() {
        deadline.arm(Duration.ofMillis(100));
        assertThat(deadline.isArmed()).isTrue();

        advance(99);
        assertThat(expired).isZero();
        advance(1);
        assertThat(expired).isEqualTo(1);
        assertThat(deadline.isArmed()).isFalse();
        advance(1000);
        assertThat(expired).isEqualTo(1);
    }

    @Test
    void isMovedLaterWithoutAnotherTimer() {
        deadline.arm(Duration.ofMillis(100));
        advance(60);
        deadline.arm(Duration.ofMillis(100));

        assertThat(engine.scheduledTimers()).isEqualTo(1);
        advance(99);
        assertThat(expired).isZero();
        advance(1);
        assertThat(expired).isEqualTo(1);
    }

    @Test
    void isMovedEarlier() {
        deadline.arm(Duration.ofMillis(100));
        deadline.arm(Duration.ofMillis(10));

        advance(10);

        assertThat(expired).isEqualTo(1);
        advance(1000);
        assertThat(expired).isEqualTo(1);
        assertThat(engine.pendingTimers()).isZero();
    }

    @Test
    void tellsHowLongItIsUntilThen() {
        assertThat(deadline.left()).isZero();
        deadline.arm(Duration.ofMillis(100));
        assertThat(deadline.left()).isEqualTo(Duration.ofMillis(100));
        advance(60);
        assertThat(deadline.left()).isEqualTo(Duration.ofMillis(40));
        advance(40);
        assertThat(deadline.left()).isZero();
    }

    @Test
    void doesNothingOnceDisarmed() {
        deadline.arm(Duration.ofMillis(100));
        deadline.disarm();

        advance(1000);

        assertThat(expired).isZero();
        assertThat(engine.pendingTimers()).isZero();
    }

    @Test
    void canBeArmedAgainWhileItsOldTimerIsPending() {
        deadline.arm(Duration.ofMillis(100));
        deadline.disarm();
        advance(50);
        deadline.arm(Duration.ofMillis(100));

        advance(50);
        assertThat(expired).as("at the time of the old one").isZero();
        advance(50);
        assertThat(expired).isEqualTo(1);
    }

    @Test
    void closingDropsThePendingTimer() {
        deadline.arm(Duration.ofMillis(100));

        deadline.close();

        assertThat(engine.pendingTimers()).isZero();
        assertThat(deadline.isArmed()).isFalse();
        advance(1000);
        assertThat(expired).isZero();
    }

    @Test
    void costsOneTimerForManyTasks() {
        for (int task = 0; task < 10_000; task++) {
            deadline.arm(Duration.ofSeconds(60));
            engine.advance(Duration.ofNanos(25_000));
            deadline.disarm();
        }

        assertThat(engine.scheduledTimers()).isEqualTo(1);
        advance(120_000);
        assertThat(expired).isZero();
    }

    @Test
    void mayBeArmedFromWithinItsOwnExpiry() {
        Deadline[] ticking = new Deadline[1];
        ticking[0] =
                new Deadline(
                        engine,
                        () -> {
                            expired++;
                            ticking[0].arm(Duration.ofMillis(10));
                        });
        ticking[0].arm(Duration.ofMillis(10));

        advance(35);

        assertThat(expired).isEqualTo(3);
    }

    private void advance(long millis) {
        engine.advance(Duration.ofMillis(millis));
    }
}
