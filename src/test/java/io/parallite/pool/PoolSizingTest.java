package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PoolSizingTest {

    private static final Duration START = Duration.ofMillis(25);

    private final PoolSizing sizing = new PoolSizing(4);

    @Test
    void startsAtATimeWhatKeepsTheProcessorsBusy() {
        start(200, START);
        serve(1, Duration.ofMillis(100));

        assertThat(sizing.growth(19, 1, 0, 0)).isEqualTo(5);
        assertThat(sizing.growth(19, 1, 3, 0)).isEqualTo(2);
        assertThat(sizing.growth(19, 1, 5, 0)).isZero();
        assertThat(sizing.growth(19, 1, 7, 0)).isZero();
    }

    @Test
    void takesAStartThatNobodySeesForALongOneUntilItHasMeasuredAnother() {
        sizing.onUnseenStart();
        assertThat(sizing.typicalStartNanos()).isEqualTo(millis(100));

        start(200, START);
        sizing.onUnseenStart();
        assertThat(sizing.typicalStartNanos()).isCloseTo(START.toNanos(), withinPercentage(1));
    }

    @Test
    void startsNoMoreThanTasksWait() {
        start(200, START);
        serve(1, Duration.ofMillis(100));

        assertThat(sizing.growth(2, 1, 0, 0)).isEqualTo(2);
        assertThat(sizing.growth(2, 1, 1, 0)).isEqualTo(1);
        assertThat(sizing.growth(2, 1, 2, 0)).isZero();
        assertThat(sizing.growth(0, 1, 0, millis(1000))).isZero();
    }

    @Test
    void startsNoneWhereTheBacklogIsServedSooner() {
        start(200, START);
        serve(1, Duration.ofMillis(30));

        assertThat(sizing.growth(3, 4, 0, 0)).as("22 ms").isZero();
        assertThat(sizing.growth(4, 4, 0, 0)).as("30 ms, then 18 ms").isEqualTo(1);
        assertThat(sizing.growth(4, 4, 1, 0)).isZero();
    }

    @Test
    void countsThatStartsShareTheProcessors() {
        start(200, START);
        serve(1, Duration.ofMillis(25));

        assertThat(sizing.growth(8, 1, 4, 0)).as("20 ms, and ready in 31 ms").isZero();
        assertThat(sizing.growth(12, 1, 4, 0)).as("40 ms, and ready in 31 ms").isEqualTo(1);
    }

    @Test
    void startsOneForALastTaskThatWaitsBehindLongOnes() {
        start(200, START);
        serve(1, Duration.ofMillis(100));

        assertThat(sizing.growth(1, 10, 0, millis(10))).isZero();
        assertThat(sizing.growth(1, 10, 0, millis(25))).isEqualTo(1);
    }

    @Test
    void startsNoneForTasksThatAreShortBesideAStart() {
        start(200, START);
        serve(1, Duration.ofMillis(6));

        assertThat(sizing.growth(10_000, 1, 0, 0)).isZero();
    }

    @Test
    void seesSoonThatTasksHaveBecomeLongerWhenNoWorkerComesFree() {
        start(200, Duration.ofMillis(80));
        serve(50, Duration.ofMillis(1));

        assertThat(sizing.growth(19, 1, 0, millis(9))).isZero();
        assertThat(sizing.growth(19, 1, 0, millis(10))).as("an eighth of a start").isEqualTo(1);
        assertThat(sizing.growth(19, 1, 1, millis(19))).isZero();
        assertThat(sizing.growth(19, 1, 1, millis(20))).isEqualTo(1);
        assertThat(sizing.growth(19, 1, 0, millis(90))).isEqualTo(5);
    }

    @Test
    void takesNoShortDelayForLongTasks() {
        start(200, Duration.ofMillis(2));
        serve(50, Duration.ofNanos(100_000));

        assertThat(sizing.growth(1, 4, 0, millis(3))).as("a busy system").isZero();
        assertThat(sizing.growth(1, 4, 0, millis(4))).isEqualTo(1);
    }

    @Test
    void takesNoTaskOfTheUsualLengthForLong() {
        start(200, Duration.ofMillis(80));
        serve(50, Duration.ofMillis(15));

        assertThat(sizing.growth(1, 2, 0, millis(29))).isZero();
        assertThat(sizing.growth(1, 2, 0, millis(30))).as("twice the usual").isEqualTo(1);
    }

    @Test
    void seesFromOneTaskThatTheyHaveBecomeLonger() {
        start(200, START);
        serve(50, Duration.ofMillis(1));
        serve(1, Duration.ofMillis(100));

        assertThat(sizing.growth(2, 1, 0, 0)).isEqualTo(2);
    }

    @Test
    void seesFromAFewTasksThatTheyHaveBecomeShorter() {
        start(200, START);
        serve(50, Duration.ofMillis(100));
        serve(20, Duration.ofMillis(1));

        assertThat(sizing.growth(1000, 1, 0, 0)).isZero();
    }

    @Test
    void knowsNothingOfTasksBeforeTheFirst() {
        start(200, START);

        assertThat(sizing.growth(1000, 1, 0, 0)).isZero();
        assertThat(sizing.growth(1000, 1, 0, millis(4))).isEqualTo(1);
    }

    @Test
    void startsSomeWhenThereIsNoWorker() {
        assertThat(sizing.growth(1, 0, 0, 0)).isEqualTo(1);
        assertThat(sizing.growth(1000, 0, 0, 0)).isEqualTo(5);
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
    void looksAgainWhenTasksCountAsLongAndNowAndThen() {
        start(200, Duration.ofMillis(80));

        assertThat(sizing.nextLook(0)).hasMillis(10);
        assertThat(sizing.nextLook(millis(7))).hasMillis(3);
        assertThat(sizing.nextLook(millis(10) - 1)).hasMillis(1);
        assertThat(sizing.nextLook(millis(104))).hasMillis(6);
        serve(1, Duration.ofSeconds(1));
        assertThat(sizing.nextLook(0)).hasMillis(20);
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
