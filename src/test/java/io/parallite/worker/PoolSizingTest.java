package io.parallite.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PoolSizingTest {

    private static final long NONE_WAITS = 0;

    private final PoolSizing sizing = new PoolSizing(2, 8);

    @Test
    void leavesRoomUpToTheMaximum() {
        assertThat(sizing.headroom(0)).isEqualTo(8);
        assertThat(sizing.headroom(7)).isEqualTo(1);
        assertThat(sizing.headroom(8)).isZero();
        assertThat(sizing.headroom(9)).isZero();
    }

    @Test
    void growsWhenNoneHasComeFreeForAMoment() {
        assertThat(sizing.growth(millis(9), NONE_WAITS)).isZero();
        assertThat(sizing.growth(millis(10), NONE_WAITS)).isEqualTo(1);
    }

    @Test
    void growsTwiceAsMuchEachTimeUpToTheMaximum() {
        for (int expected : new int[] {1, 2, 4, 8, 8}) {
            assertThat(sizing.growth(millis(10), NONE_WAITS)).isEqualTo(expected);
        }
    }

    @Test
    void growsByOneAgainOnceAWorkerHasComeFree() {
        sizing.growth(millis(10), NONE_WAITS);
        sizing.growth(millis(10), NONE_WAITS);
        sizing.growth(millis(1), NONE_WAITS);

        assertThat(sizing.growth(millis(10), NONE_WAITS)).isEqualTo(1);
    }

    @Test
    void waitsLongerAfterTinyTasks() {
        serve(50, Duration.ofMillis(1));

        assertThat(sizing.growth(millis(99), millis(500))).isZero();
        assertThat(sizing.growth(millis(100), NONE_WAITS)).isEqualTo(1);
    }

    @Test
    void growsForATaskThatWaitsLongBehindLongOnes() {
        serve(50, Duration.ofMillis(20));

        assertThat(sizing.growth(millis(1), millis(49))).isZero();
        assertThat(sizing.growth(millis(1), millis(50))).isEqualTo(1);
    }

    @Test
    void forgetsOldTasks() {
        serve(50, Duration.ofMillis(1));
        serve(50, Duration.ofMillis(20));

        assertThat(sizing.growth(millis(10), NONE_WAITS)).isEqualTo(1);
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
