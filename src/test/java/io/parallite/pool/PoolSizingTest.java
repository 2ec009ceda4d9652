package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PoolSizingTest {

    private static final long NONE_WAITS = 0;

    private final PoolSizing sizing = new PoolSizing(8);

    @Test
    void leavesRoomUpToTheMaximum() {
        assertThat(sizing.headroom(0)).isEqualTo(8);
        assertThat(sizing.headroom(7)).isEqualTo(1);
        assertThat(sizing.headroom(8)).isZero();
        assertThat(sizing.headroom(9)).isZero();
    }

    @Test
    void growsWhenNoneHasComeFreeForAsLongAsAStartTakes() {
        assertThat(sizing.growth(millis(9), NONE_WAITS)).isZero();
        assertThat(sizing.growth(millis(10), NONE_WAITS)).isEqualTo(1);
    }

    @Test
    void waitsLongerWhereStartsTakeLonger() {
        start(20, Duration.ofMillis(60));
        serve(50, Duration.ofMillis(200));

        assertThat(sizing.growth(millis(58), NONE_WAITS)).isZero();
        assertThat(sizing.growth(millis(60), NONE_WAITS)).isEqualTo(1);
    }

    @Test
    void takesNoStartForShorterOrLongerThanIsLikely() {
        start(50, Duration.ZERO);
        assertThat(sizing.growth(millis(9), NONE_WAITS)).isZero();

        start(50, Duration.ofMinutes(5));
        serve(50, Duration.ofMinutes(5));
        assertThat(sizing.growth(millis(999), NONE_WAITS)).isZero();
        assertThat(sizing.growth(millis(1000), NONE_WAITS)).isEqualTo(1);
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
    void waitsTwiceAsLongAfterTasksShorterThanAStart() {
        serve(50, Duration.ofMillis(1));

        assertThat(sizing.growth(millis(19), millis(500))).isZero();
        assertThat(sizing.growth(millis(20), NONE_WAITS)).isEqualTo(1);
    }

    @Test
    void growsForATaskThatWaitsLongBehindLongOnes() {
        serve(50, Duration.ofMillis(50));

        assertThat(sizing.growth(millis(1), millis(19))).isZero();
        assertThat(sizing.growth(millis(1), millis(20))).isEqualTo(1);
    }

    @Test
    void forgetsOldTasks() {
        serve(50, Duration.ofMillis(1));
        serve(50, Duration.ofMillis(50));

        assertThat(sizing.growth(millis(10), NONE_WAITS)).isEqualTo(1);
    }

    private void start(int workers, Duration each) {
        for (int i = 0; i < workers; i++) {
            sizing.onStarted(each.toNanos());
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
