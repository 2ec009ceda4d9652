package io.parallite.process.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LineBudgetTest {

    private static final long SECOND = 1_000_000_000L;

    private final LineBudget budget = new LineBudget(3, 0);

    @Test
    void takesSoManyLinesASecondAndCountsTheRest() {
        int taken = 0;
        for (int i = 0; i < 10; i++) {
            taken += budget.takes(i) ? 1 : 0;
        }

        assertThat(taken).isEqualTo(3);
        assertThat(budget.takeSuppressed()).isEqualTo(7);
        assertThat(budget.takeSuppressed()).as("told once").isZero();
    }

    @Test
    void takesLinesAgainInTheNextSecond() {
        for (int i = 0; i < 10; i++) {
            budget.takes(i);
        }
        assertThat(budget.isOver(SECOND - 1)).isFalse();
        assertThat(budget.isOver(SECOND)).isTrue();

        assertThat(budget.takes(SECOND)).isTrue();
        assertThat(budget.isOver(2 * SECOND - 1)).isFalse();
    }
}
