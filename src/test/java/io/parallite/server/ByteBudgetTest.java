package io.parallite.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {

    private final ByteBudget budget = new ByteBudget(100);
    private final List<String> granted = new ArrayList<>();

    @Test
    void grantsWhatFitsAtOnce() {
        assertThat(reserve("a", 60)).isTrue();
        assertThat(reserve("b", 40)).isTrue();

        assertThat(budget.reserved()).isEqualTo(100);
        assertThat(granted).isEmpty();
    }

    @Test
    void grantsTheRestInOrderAsRoomComesFree() {
        reserve("a", 60);
        assertThat(reserve("b", 50)).isFalse();
        assertThat(reserve("c", 30)).as("would fit, but b is first").isFalse();

        budget.release(60);

        assertThat(granted).containsExactly("b", "c");
        assertThat(budget.reserved()).isEqualTo(80);
    }

    @Test
    void doesNotLetSmallClaimsOvertakeALargeOneForever() {
        reserve("a", 90);
        reserve("large", 80);
        reserve("small", 10);

        budget.release(10);
        assertThat(granted).isEmpty();
        budget.release(80);

        assertThat(granted).containsExactly("large", "small");
    }

    @Test
    void givesTheWholeBudgetToWhatIsLargerThanIt() {
        assertThat(reserve("huge", 500)).isTrue();
        assertThat(reserve("b", 1)).isFalse();

        budget.release(500);

        assertThat(granted).containsExactly("b");
        assertThat(budget.reserved()).isEqualTo(1);
    }

    @Test
    void hugeClaimWaitsUntilItIsAlone() {
        reserve("a", 1);
        assertThat(reserve("huge", 500)).isFalse();

        budget.release(1);

        assertThat(granted).containsExactly("huge");
    }

    @Test
    void mayBeReleasedFromWithinAGrant() {
        reserve("a", 100);
        for (int i = 0; i < 5; i++) {
            String name = "claim-" + i;
            budget.reserve(
                    100,
                    () -> {
                        granted.add(name);
                        budget.release(100);
                    });
        }

        budget.release(100);

        assertThat(granted).hasSize(5);
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void neverExceedsItsLimitAndForgetsNobody() {
        Random random = new Random(3);
        List<Long> held = new ArrayList<>();
        int[] waiting = new int[1];
        for (int step = 0; step < 5000; step++) {
            if (random.nextInt(3) > 0 && step < 4000) {
                long bytes = 1 + random.nextInt(60);
                if (budget.reserve(
                        bytes,
                        () -> {
                            held.add(bytes);
                            waiting[0]--;
                        })) {
                    held.add(bytes);
                } else {
                    waiting[0]++;
                }
            } else if (!held.isEmpty()) {
                budget.release(held.remove(random.nextInt(held.size())));
            }
            assertThat(budget.reserved())
                    .isLessThanOrEqualTo(100)
                    .isEqualTo(held.stream().mapToLong(Long::longValue).sum());
        }
        while (!held.isEmpty()) {
            budget.release(held.removeFirst());
        }
        assertThat(waiting[0]).isZero();
        assertThat(budget.reserved()).isZero();
    }

    private boolean reserve(String name, long bytes) {
        return budget.reserve(bytes, () -> granted.add(name));
    }
}
