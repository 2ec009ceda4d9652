package io.parallite.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.engine.ManualEngine;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RetirementTest {

    private final Retirement retirement = retirement(0, true);

    private static Retirement retirement(int maxTasks, boolean isReusable) {
        Recycling limits = new Recycling(maxTasks, 0, Duration.ZERO, Duration.ZERO);
        RecyclingMonitor monitor =
                new RecyclingMonitor(new ManualEngine(), limits, Duration.ZERO, pid -> 0);
        return new Retirement(monitor, isReusable);
    }

    @Test
    void allowsMoreTasksUntilItIsRetired() {
        assertThat(retirement.allowsMoreTasks()).isTrue();
        assertThat(retirement.isDueAfter(7)).isFalse();

        retirement.retire(EndReason.RELOAD);

        assertThat(retirement.allowsMoreTasks()).isFalse();
        assertThat(retirement.isDueAfter(7)).isTrue();
    }

    @Test
    void keepsTheFirstReason() {
        assertThat(retirement.retire(EndReason.RELOAD)).isEqualTo(EndReason.RELOAD);
        assertThat(retirement.retire(EndReason.SCALED)).isEqualTo(EndReason.RELOAD);

        assertThat(retirement.reason()).isEqualTo(EndReason.RELOAD);
    }

    @Test
    void endsAWorkerForOneTaskWithoutAnyReason() {
        Retirement once = retirement(0, false);

        assertThat(once.allowsMoreTasks()).isFalse();
        assertThat(once.isDueAfter(1)).isTrue();
        assertThat(once.reason()).isEqualTo(EndReason.EXITED);
    }

    @Test
    void retiresAtTheLimitOfTasks() {
        Retirement limited = retirement(3, true);

        assertThat(limited.isDueAfter(2)).isFalse();
        assertThat(limited.isDueAfter(3)).isTrue();
        assertThat(limited.reason()).isEqualTo(EndReason.RECYCLED_TASKS);
    }

    @Test
    void countsAnAnnouncedEndAsItsLimitOnlyWhereThereIsOne() {
        Retirement limited = retirement(3, true);
        limited.onAnnounced(3, true);
        retirement.onAnnounced(3, true);

        assertThat(limited.reason()).isEqualTo(EndReason.RECYCLED_TASKS);
        assertThat(retirement.reason()).isEqualTo(EndReason.EXITED);
        assertThat(retirement.allowsMoreTasks()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0,0,CRASHED", "0,255,CRASHED", "1,255,CRASHED", "1,0,EXITED"})
    void takesAnEndForACrashUnlessATaskWasServedAndTheStatusIsZero(
            long served, int status, EndReason expected) {
        assertThat(retirement.ofUnorderedEnd(served, status)).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(EndReason.class)
    void takesAnEndAfterRetirementForThat(EndReason reason) {
        retirement.retire(reason);

        assertThat(retirement.ofUnorderedEnd(0, 255))
                .isEqualTo(reason == EndReason.ISOLATED ? EndReason.CRASHED : reason);
    }
}
