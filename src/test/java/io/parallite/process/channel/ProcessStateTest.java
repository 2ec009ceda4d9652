package io.parallite.process.channel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is read from {@code /proc}, and what two looks at a process tell of the time between. */
class ProcessStateTest {

    private static final ProcessState EARLIER = new ProcessState(true, 40, 7);

    @Test
    void readsTheKernelsTexts() {
        String stat = "42 (php) R) S 1 2 3 4 5 6 7 8 9 10 30 12 14 15 20 0 1 0 99 0 0\n";
        String status = "Name:\tphp\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t3\n";

        assertThat(ProcessState.parse(stat, status)).isEqualTo(new ProcessState(false, 42, 7));
        assertThat(ProcessState.parse(stat.replace(" S ", " R "), status).isRunnable()).isTrue();
    }

    @Test
    void textsOfAnotherShapeAreNoState() {
        assertThat(ProcessState.parse("", "")).isEqualTo(ProcessState.UNKNOWN);
        assertThat(ProcessState.parse("42 (php) R 1 2", "Name:\tphp\n"))
                .isEqualTo(ProcessState.UNKNOWN);
    }

    @Test
    void readsThisProcess() {
        assertThat(ProcessState.of(ProcessHandle.current().pid()).waits()).isPositive();
        assertThat(ProcessState.of(Long.MAX_VALUE)).isEqualTo(ProcessState.UNKNOWN);
    }

    @Test
    void hasComputedWhenItUsedTimeAndWaitedForNothing() {
        assertThat(new ProcessState(true, 41, 7).hasComputedSince(EARLIER)).isTrue();
    }

    @Test
    void hasNotWhenItWaitsOrHasWaitedOrWasOnlyReady() {
        assertThat(new ProcessState(false, 41, 7).hasComputedSince(EARLIER)).isFalse();
        assertThat(new ProcessState(true, 41, 8).hasComputedSince(EARLIER)).isFalse();
        assertThat(new ProcessState(true, 40, 7).hasComputedSince(EARLIER)).isFalse();
    }

    @Test
    void nothingIsKnownOfOneThatIsLookedAtForTheFirstTime() {
        assertThat(new ProcessState(true, 41, 7).hasComputedSince(ProcessState.UNKNOWN)).isFalse();
    }
}
