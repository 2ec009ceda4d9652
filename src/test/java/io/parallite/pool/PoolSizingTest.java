package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PoolSizingTest {

    private final PoolSizing sizing = new PoolSizing(4);

    @Test
    void startsOneForNearlyEachWaitingTaskThatIsLongBesideAStart() {
        start(200, Duration.ofMillis(25));
        serve(1, Duration.ofMillis(100));

        assertThat(sizing.growth(19, 1, 0)).isEqualTo(18);
        assertThat(sizing.growth(2, 1, 0)).isEqualTo(2);
    }

    @Test
    void startsNoneWhereTheBacklogIsServedSooner() {
        start(200, Duration.ofMillis(25));
        serve(1, Duration.ofMillis(30));

        assertThat(sizing.growth(3, 4, 0)).isZero(); // 22 ms
        assertThat(sizing.growth(4, 4, 0)).isEqualTo(3); // 30 ms
    }

    @Test
    void startsOneForALastTaskThatWaitsBehindLongOnes() {
        start(200, Duration.ofMillis(25));
        serve(1, Duration.ofMillis(100));

        assertThat(sizing.growth(1, 10, millis(10))).isZero();
        assertThat(sizing.growth(1, 10, millis(25))).isEqualTo(1);
    }

    @Test
    void startsNoneForTasksThatAreShortBesideAStart() {
        start(200, Duration.ofMillis(25));
        serve(1, Duration.ofMillis(6));

        assertThat(sizing.growth(10_000, 1, 0)).isZero();
    }

    @Test
    void leavesTheShareOfTheBacklogThatIsServedSoonerByWaiting() {
        start(200, Duration.ofMillis(25));
        serve(1, Duration.ofMillis(10));

        // in 62 ms four processors start 10 workers, and one that is there serves 6 tasks
        assertThat(sizing.growth(16, 1, 0)).isEqualTo(10);
    }

    @Test
    void seesThatTasksHaveBecomeLongerWhenNoWorkerComesFree() {
        start(200, Duration.ofMillis(25));
        serve(50, Duration.ofMillis(1));

        assertThat(sizing.growth(19, 1, millis(5))).isZero();
        assertThat(sizing.growth(19, 1, millis(25))).isEqualTo(17);
    }

    @Test
    void seesFromAFewTasksThatTheyHaveBecomeLonger() {
        start(200, Duration.ofMillis(25));
        serve(50, Duration.ofMillis(1));
        serve(3, Duration.ofMillis(100));

        assertThat(sizing.growth(2, 1, 0)).isEqualTo(2);
    }

    @Test
    void seesFromAFewTasksThatTheyHaveBecomeShorter() {
        start(200, Duration.ofMillis(25));
        serve(50, Duration.ofMillis(100));
        serve(20, Duration.ofMillis(1));

        assertThat(sizing.growth(1000, 1, 0)).isZero();
    }

    @Test
    void knowsNothingOfTasksBeforeTheFirst() {
        start(200, Duration.ofMillis(25));

        assertThat(sizing.growth(1000, 1, 0)).isZero();
    }

    @Test
    void measuresTheStartOfOneWhenManyShareTheProcessors() {
        for (int i = 0; i < 200; i++) {
            sizing.onStarted(millis(200), 32);
        }

        assertThat(Duration.ofNanos(sizing.typicalStartNanos())).hasMillis(25);
    }

    @Test
    void takesNoStartForShorterOrLongerThanIsLikely() {
        start(50, Duration.ZERO);
        assertThat(Duration.ofNanos(sizing.typicalStartNanos())).hasMillis(1);

        start(200, Duration.ofMinutes(5));
        assertThat(Duration.ofNanos(sizing.typicalStartNanos())).hasSeconds(1);
    }

    @Test
    void looksAgainWhenNoWorkerHasComeFreeForAsLongAsAStart() {
        start(200, Duration.ofMillis(15));

        assertThat(sizing.nextLook(0)).hasMillis(15);
        assertThat(sizing.nextLook(millis(10))).hasMillis(5);
        assertThat(sizing.nextLook(millis(100))).hasMillis(1);
    }

    private void start(int workers, Duration each) {
        for (int i = 0; i < workers; i++) {
            sizing.onStarted(each.toNanos(), 1);
        }
    }

    private void serve(int tasks, Duration each) {
        for (int i = 0; i < tasks; i++) {
            sizing.onServed(each.toNanos());
        }
    }

    private static long millis(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }
}
