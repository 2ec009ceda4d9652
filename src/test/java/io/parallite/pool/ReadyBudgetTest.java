package io.parallite.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.parallite.process.resources.ResidentMemory;
import org.junit.jupiter.api.Test;

class ReadyBudgetTest {

    private long measured = 4 << 20;
    private int looks;

    private ReadyBudget budget(PoolFixture fixture) {
        return new ReadyBudget(
                fixture.engine,
                fixture.pool.workers.idle,
                _ -> {
                    looks++;
                    return measured;
                });
    }

    @Test
    void allowsAsManyAsFitIntoTheMemory() {
        PoolFixture fixture = PoolFixture.isolating(1, 4);
        fixture.transport.readyAll();

        assertThat(budget(fixture).most(10 << 20)).isEqualTo(2);
        assertThat(budget(fixture).most(0)).isZero();
    }

    @Test
    void allowsAnyNumberWhileNoneIsReadyToBeMeasured() {
        PoolFixture fixture = PoolFixture.isolating(1, 4);

        assertThat(budget(fixture).most(10 << 20)).isEqualTo(Integer.MAX_VALUE);
        assertThat(looks).isZero();
    }

    @Test
    void allowsAnyNumberWhereTheSystemDoesNotTell() {
        PoolFixture fixture = PoolFixture.isolating(1, 4);
        fixture.transport.readyAll();
        measured = 0;
        ReadyBudget budget = budget(fixture);

        assertThat(budget.most(10 << 20)).isEqualTo(Integer.MAX_VALUE);
        assertThat(budget.most(10 << 20)).isEqualTo(Integer.MAX_VALUE);
        assertThat(looks).isEqualTo(1);
    }

    @Test
    void measuresAgainAfterAWhileOnly() {
        PoolFixture fixture = PoolFixture.isolating(1, 4);
        fixture.transport.readyAll();
        ReadyBudget budget = budget(fixture);
        budget.most(10 << 20);
        measured = 5 << 20;

        assertThat(budget.most(20 << 20)).as("of 4 MiB each").isEqualTo(5);
        fixture.advanceMillis(ReadyBudget.LOOK.toMillis());

        assertThat(budget.most(20 << 20)).as("of 5 MiB each").isEqualTo(4);
        assertThat(looks).isEqualTo(2);
    }

    @Test
    void aProcessHoldsMemoryOfItsOwn() {
        long pid = ProcessHandle.current().pid();

        assertThat(ResidentMemory.ownBytes(pid)).isPositive();
        assertThat(ResidentMemory.ownBytes(pid)).isLessThanOrEqualTo(ResidentMemory.bytes(pid) * 2);
        assertThat(ResidentMemory.ownBytes(-1)).isZero();
    }
}
